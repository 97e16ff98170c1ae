//! `Date` and `Retry-After`, and how long the library waits for them.

use crate::inputs::Inputs;
use core::time::Duration;
use defender_auth::{
    Attempt, Error, Now, SharedAccessKey, UnixTime,
    dps::{Profile, Registration, Step},
    http::{BODY_LIMIT, Response},
    wait::{Readable, Reason, Wait},
};
use std::time::{Duration as Span, SystemTime};

/// Numbers, then two lines: a `Retry-After` and a `Date`.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let status = [429, 408, 500, 503, 202, 401, 403, 599][usize::from(inputs.byte() % 8)];
    let random = u32::try_from(inputs.number() >> 32).expect("half of it");
    let (now, left, least, most) = (inputs.number() >> 24, inputs.number() >> 50, inputs.number(), inputs.number());
    picks(least, most, random);
    clocks(now, least);
    let Ok(text) = str::from_utf8(inputs.rest()) else { return };
    let (retry_after, told) = text.split_once('\n').unwrap_or((text, ""));
    for text in [retry_after, told, text] {
        http_date(text);
    }
    http_date_of(now);
    answered(status, (UnixTime::from_secs(now), left), retry_after, told, random);
}

fn picks(least: u64, most: u64, random: u32) {
    let (at_least, at_most) = (Duration::from_nanos(least), Duration::from_secs(most));
    for (at_least, at_most) in [(at_least, at_most), (at_most, at_least), (at_least, at_least)] {
        let wait = Wait { at_least, at_most, reason: Reason::Renewal };
        let picked = wait.pick(random);
        assert!(picked >= at_least && picked <= at_most.max(at_least), "{wait:?} is not {picked:?}");
        assert!(wait.pick(0) == at_least && wait.pick(random.saturating_add(1)) >= picked, "more is not less");
    }
}

fn clocks(now: u64, span: u64) {
    let (time, span) = (UnixTime::from_secs(now), Duration::from_secs(span));
    let later = time + span;
    assert!(later >= time && later.since(time) <= span && time.since(later).is_zero());
    let earlier = time - span;
    assert!(earlier <= time && time.since(earlier) <= span && earlier.since(time).is_zero());
    let (shown, is_late) = (time.to_string(), time > UnixTime::LATEST);
    assert_eq!((shown.parse() == Ok(time), shown.starts_with('+')), (!is_late, is_late), "{shown}");
    let shown = Readable(span).to_string();
    assert!(shown.starts_with(|first: char| first.is_ascii_digit()) && shown.split(' ').count() <= 4, "{shown}");
    if !is_late {
        let written = httpdate::fmt_http_date(SystemTime::try_from(time).expect("the system has it"));
        assert_eq!(UnixTime::from_http_date(&written), Some(time));
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` and nothing else.
fn http_date(text: &str) {
    let ours = UnixTime::from_http_date(text);
    let trimmed = text.trim();
    // On purpose: of the three forms that the other crate reads, two are obsolete, and no service sends them.
    let is_fixdate = trimmed.len() == 29 && trimmed.ends_with(" GMT");
    let theirs = httpdate::parse_http_date(trimmed).ok().filter(|_| is_fixdate);
    let theirs = theirs.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).map(|time| time.as_secs());
    if theirs.is_some() {
        assert_eq!(ours.map(UnixTime::as_secs), theirs, "{text}");
    } else if let Some(ours) = ours {
        // On purpose: the name of the day may be a wrong one, and a minute may have a second 60, as RFC 9110 says.
        let leap = u64::from(trimmed.ends_with(":60 GMT"));
        let right = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Span::from_secs(ours.as_secs() - leap));
        let shown = trimmed.get(3..).map(|rest| rest.replace(":60 GMT", ":59 GMT"));
        assert_eq!(right.get(3..), shown.as_deref(), "{text}");
    }
}

fn http_date_of(secs: u64) {
    if secs <= UnixTime::LATEST.as_secs() {
        let written = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Span::from_secs(secs));
        assert_eq!(UnixTime::from_http_date(&written), Some(UnixTime::from_secs(secs)), "{written}");
    }
}

/// What a registration does with such headers.
fn answered(status: u16, (now, left): (UnixTime, u64), retry_after: &str, date: &str, random: u32) {
    let profile = Profile::new("0ne1".parse().expect("a scope"), "dev-1".parse().expect("an id"));
    let key = SharedAccessKey::from_bytes(b"a key of a registration").expect("a key");
    let (wall, left) = (now, Duration::from_secs(left));
    let now = Now { wall, monotonic: Duration::from_secs(wall.as_secs()) };
    let sending = Registration::start(profile, key, now, Attempt::new(now, left)).expect("a registration");
    let body: &[u8] = br#"{"operationId":"1","status":"assigning"}"#;
    let response = Response::new(status, body).header("retry-AFTER", retry_after).header("DATE", date);
    assert_eq!((response.status(), response.date()), (status, UnixTime::from_http_date(date)));
    assert!(body.len() < BODY_LIMIT);
    let told = response.date();
    let asked = asked(retry_after, told.unwrap_or(wall));
    match sending.answered(now, response) {
        Ok(Step::Wait(waiting)) => {
            let wait = waiting.wait();
            let own = if status == 202 { 2 } else { 1 };
            assert_eq!(wait.at_least, asked.unwrap_or(Duration::from_secs(own)));
            assert!(wait.at_least <= wait.at_most && wait.at_most <= left, "no wait goes beyond the limit");
            assert!(waiting.elapsed(now + wait.pick(random)).is_ok(), "nor what is picked of it");
        }
        Ok(step) => panic!("{status} is no {step:?}"),
        Err(Error::OutOfTime) => {
            assert!(status == 202 && (left.is_zero() || (asked.is_none() && left < Duration::from_secs(2))));
        }
        Err(error @ Error::WaitTooLong { .. }) => {
            assert_eq!(error, Error::WaitTooLong { asked: error.retry_after().expect("it has it"), left });
            assert!(status == 202 && error.retry_after() == asked && asked > Some(left), "{error}");
        }
        Err(Error::Service(error)) => {
            assert!(matches!(status, 401 | 403) || asked.unwrap_or(Duration::from_secs(1)) > left);
            assert_eq!(error.retry_after, asked);
            let apart = told.map(|told| told.since(wall).max(wall.since(told))).filter(|apart| apart.as_secs() > 300);
            assert_eq!(error.clock.as_ref().map(|clock| clock.amount()), apart.filter(|_| matches!(status, 401 | 403)));
            if let (Some(clock), Some(told)) = (error.clock, told) {
                assert_eq!((clock.is_ahead(), clock.service_time()), (wall > told, told));
                assert!(clock.to_string().contains(&format!(" {} ", Readable(clock.amount()))));
            }
        }
        Err(error) => panic!("{status} is no {error}"),
    }
}

/// Seconds or a date, and a second at least.
fn asked(retry_after: &str, now: UnixTime) -> Option<Duration> {
    let text = retry_after.trim();
    let span = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        UnixTime::from_http_date(text)?.since(now)
    };
    Some(span.max(Duration::from_secs(1)))
}
