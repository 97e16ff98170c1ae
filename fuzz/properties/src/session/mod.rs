//! A session as a sequence of events, right or wrong for the action that is pending, with restarts in between.

mod event;
mod sources;

use crate::{
    flow::{self, Round, START},
    inputs::Inputs,
};
use core::time::Duration;
use defender_auth::{
    Event as Inner, Now, UnixTime,
    error::ApiMisuse,
    key::Signature,
    mqtt::ConnectRefused,
    secret::SecretText,
    session::{Action, Event, Loss, Phase, Policy, Rejection, Session, Snapshot},
};
use event::{event, event_name, name, tls};
use sources::sources;

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

/// What must not be shown.
const SECRETS: [&str; 2] = [KEY, "SharedAccessSignature sr="];

/// As many events at most.
const EVENTS: usize = 300;

/// A session takes what answers its action and what may come at any time, and nothing else; it never asks for more than its
/// rates allow; what it saves is read again; what it shows hides the keys.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let first = Inputs::new(inputs.line()).byte();
    let mut run = Run {
        session: begin(first, None, START),
        kind: first,
        now: START,
        latest: START.monotonic,
        connects: Vec::new(),
        registrations: Vec::new(),
        saved: None,
    };
    run.look(b"");
    for _ in 0..EVENTS {
        let Some(round) = Round::take(&mut inputs) else { break };
        run.now = round.after(run.now);
        run.latest = run.latest.max(run.now.monotonic);
        match round.event {
            b'R' => run.restart(),
            b'G' => run.go_on(true),
            b'B' => run.go_on(false),
            _ => run.give(&round),
        }
        run.look(round.body);
    }
}

struct Run {
    session: Session,
    kind: u8,
    now: Now,
    /// The monotonic clock as the session sees it.
    latest: Duration,
    /// When connections and registrations were begun since the last restart.
    connects: Vec<Duration>,
    registrations: Vec<Duration>,
    saved: Option<(String, Option<String>)>,
}

fn begin(kind: u8, saved: Option<Snapshot>, now: Now) -> Session {
    Session::new(sources(kind), policy(), saved, now).expect("sources of different names")
}

/// The floor is where the clock begins, so that it can be set before it.
fn policy() -> Policy {
    Policy { floor: START.wall, ..Policy::default() }
}

impl Run {
    fn restart(&mut self) {
        let saved = self.saved.as_ref().map(|(text, secret)| {
            let read = Snapshot::parse(text, secret.as_deref()).expect("what was saved is read");
            assert_eq!(&read.text(), text);
            read
        });
        self.session = begin(self.kind, saved, self.now);
        self.latest = self.now.monotonic;
        (self.connects, self.registrations) = (Vec::new(), Vec::new());
        self.count();
    }

    /// Answers the pending action, well or badly; a time that is to pass passes.
    fn go_on(&mut self, well: bool) {
        let event = match self.session.poll() {
            Action::Authenticate(_) => Event::Authenticator(Inner::Unanswered),
            Action::Sign(..) if well => Event::Signed(Signature::from_bytes([7; 32])),
            Action::Sign(..) => Event::SignFailed,
            Action::Connect(_) | Action::Renew(_) if well => Event::Connected { date: None },
            Action::Connect(_) | Action::Renew(_) => {
                let rejection = Rejection::Connack(ConnectRefused::NotAuthorized);
                Event::Rejected { rejection, retry_after: None, date: None }
            }
            Action::Save(_) if well => Event::Saved,
            Action::Save(_) => Event::SaveFailed,
            Action::Wait(window, _) => {
                self.pass_until(window.from);
                Event::Elapsed
            }
            Action::Stay(Some((window, _))) if well => {
                self.pass_until(window.from);
                Event::Elapsed
            }
            _ => Event::Disconnected(Loss::Dropped),
        };
        self.note(&event);
        if let Event::Authenticator(_) = event {
            // It may wait, sign or activate: one of these answers it.
            let signed = Inner::Signed(Signature::from_bytes([7; 32]));
            let answers = [Inner::Unanswered, Inner::Elapsed, Inner::Activated, signed];
            let handled = answers.map(|inner| self.session.handle(self.now, Event::Authenticator(inner)).is_ok());
            assert!(handled.contains(&true));
        } else {
            self.session.handle(self.now, event).expect("it answers the action");
        }
        self.count();
    }

    fn pass_until(&mut self, at: Duration) {
        let span = at.saturating_sub(self.now.monotonic);
        self.now = self.now + span;
        // The wall clock drops fractions, the other does not.
        self.now.monotonic = self.now.monotonic.max(at);
        self.latest = self.latest.max(self.now.monotonic);
    }

    fn give(&mut self, round: &Round<'_>) {
        let pending = name(&self.session.poll());
        let tls = tls(round.status);
        let event = event(round, pending, &tls, self.kind);
        let given = event_name(&event);
        let any_time = matches!(given, "Disconnected" | "Rotated" | "ClockSet" | "Wake");
        let answers = matches!(
            (pending, given),
            ("Authenticate", "Authenticator" | "TlsFailed")
                | ("Sign", "Signed" | "SignFailed")
                | ("Connect" | "Renew", "Connected" | "Rejected" | "TlsFailed" | "Unreachable")
                | ("Save", "Saved" | "SaveFailed")
                | ("Wait" | "Stay", "Elapsed")
        );
        self.note(&event);
        let before = format!("{:?}", self.session.poll());
        let status = self.session.status().to_string();
        let handled = self.session.handle(self.now, event);
        match handled {
            Ok(()) => assert!(answers || any_time, "{given} does not answer {pending}"),
            Err(misuse) => {
                // Within a run the authenticator says what does not answer.
                assert!(given == "Authenticator" || misuse == ApiMisuse { pending, given }, "{misuse}");
                assert!(given == "Authenticator" || !answers, "{given} answers {pending}");
                assert_eq!(format!("{:?}", self.session.poll()), before, "nothing has changed");
                assert_eq!(self.session.status().to_string(), status);
            }
        }
        self.count();
    }

    /// What is saved is kept for a restart.
    fn note(&mut self, event: &Event<'_>) {
        if let (Action::Save(snapshot), Event::Saved) = (self.session.poll(), event) {
            self.saved = Some((snapshot.text(), snapshot.secret().map(|it| it.expose().to_owned())));
        }
    }

    /// The rates hold in any hour and any day.
    fn count(&mut self) {
        let (policy, counters) = (policy(), self.session.status().counters);
        let begun = [(counters.connects, policy.connects), (counters.registrations, policy.registrations)];
        for (times, (count, rate)) in [&mut self.connects, &mut self.registrations].into_iter().zip(begun) {
            assert!(times.len() as u64 <= count);
            times.resize(usize::try_from(count).expect("few"), self.latest);
            for span in [Duration::from_secs(3600), Duration::from_secs(86_400)] {
                let within = times.iter().filter(|at| self.latest.saturating_sub(**at) < span).count() as u64;
                assert!(within <= rate.bound(span) + 1, "{within} in {span:?}");
            }
        }
    }

    /// There is one thing to do, asked as often as you like, and what is shown of it hides the keys.
    fn look(&self, body: &[u8]) {
        let (action, status) = (self.session.poll(), self.session.status());
        if let Action::Wait(window, _) | Action::Stay(Some((window, _))) = action {
            assert!(
                window.from <= window.until && window.pick(u32::MAX) <= window.until && window.pick(0) == window.from
            );
        }
        if let Action::Save(snapshot) = action {
            let secret = snapshot.secret();
            let read = Snapshot::parse(&snapshot.text(), secret.as_ref().map(SecretText::expose)).expect("it is read");
            assert_eq!((read.text(), read.secret()), (snapshot.text(), secret));
            assert!(!snapshot.text().contains(KEY));
        }
        assert_eq!(status.phase == Phase::Connected, matches!(action, Action::Stay(_)));
        let shown = format!("{action:?} {status} {status:?}");
        flow::no_secret(&shown, &SECRETS, body);
        assert!(!format!("{:?}", self.session).contains(KEY));
        assert!(!status.to_string().contains('\n'));
        assert!(self.session.clock().time(self.now) >= UnixTime::from_secs(0));
    }
}
