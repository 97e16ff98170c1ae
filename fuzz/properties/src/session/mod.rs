//! A session as a sequence of events, right or wrong for the action that is pending, with restarts in between.

mod certificates;
mod event;
mod sources;

use crate::{
    flow::{self, Round, START},
    inputs::Inputs,
};
use certificates::{Certificates, PRIVATE};
use core::{mem, time::Duration};
use defender_auth::{
    Event as Inner, Now, UnixTime,
    error::ApiMisuse,
    key::Signature,
    mqtt::ConnectRefused,
    renewal,
    secret::SecretText,
    session::{Action, Event, Loss, OperationalCertificate, Phase, Policy, Rejection, Session, Snapshot},
};
use event::{event, event_name, name, tls};
use sources::sources;

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

/// What must not be shown.
const SECRETS: [&str; 4] = [KEY, "SharedAccessSignature sr=", PRIVATE[0], PRIVATE[1]];

/// As many events at most: enough to reach every rate.
const EVENTS: usize = 120;

/// A session takes what answers its action and what may come at any time, and nothing else; it never asks for more than its
/// rates allow, nor has more certificates issued; what it saves is read again; what it shows hides the keys.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let first = Inputs::new(inputs.line()).byte();
    let mut run = Run {
        session: begin(first, None, None, START),
        certificates: Certificates::default(),
        kind: first,
        given: 0,
        now: START,
        latest: START.monotonic,
        connects: Vec::new(),
        registrations: Vec::new(),
        saved: None,
    };
    run.look(b"");
    run.hides();
    for _ in 0..EVENTS {
        let Some(round) = Round::take(&mut inputs) else { break };
        run.now = round.after(run.now);
        run.latest = run.latest.max(run.now.monotonic);
        match round.event {
            b'R' => run.restart(),
            b'G' => run.go_on(true),
            b'B' => run.go_on(false),
            _ if !run.give(&round) => continue,
            _ => {}
        }
        run.look(round.body);
    }
    run.hides();
}

struct Run {
    session: Session,
    certificates: Certificates,
    kind: u8,
    /// How many events.
    given: u32,
    now: Now,
    /// The monotonic clock as the session sees it.
    latest: Duration,
    /// When connections and registrations were begun since the last restart.
    connects: Vec<Duration>,
    registrations: Vec<Duration>,
    saved: Option<(String, Option<String>)>,
}

fn begin(kind: u8, current: Option<&OperationalCertificate>, saved: Option<Snapshot>, now: Now) -> Session {
    Session::new(sources(kind, current), policy(), saved, now).expect("sources of different names")
}

/// The floor is where the clock begins, so that it can be set before it.
fn policy() -> Policy {
    Policy { floor: START.wall, ..Policy::default() }
}

impl Run {
    fn restart(&mut self) {
        self.hides();
        let saved = self.saved.as_ref().map(|(text, secret)| {
            let read = Snapshot::parse(text, secret.as_deref()).expect("what was saved is read");
            assert_eq!(&read.text(), text);
            read
        });
        self.certificates = mem::take(&mut self.certificates).restarted();
        self.session = begin(self.kind, self.certificates.current(), saved, self.now);
        self.latest = self.now.monotonic;
        (self.connects, self.registrations) = (Vec::new(), Vec::new());
        self.count();
    }

    /// Answers the pending action, well or badly; a time that is to pass passes.
    fn go_on(&mut self, well: bool) {
        let (answer, topic) = (self.certificates.answer(), certificates::topic(200));
        let message = renewal::Event::Message { topic: &topic, payload: answer.as_bytes() };
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
            Action::MakeRequest(_) if well => Event::RequestMade(certificates::request(), certificates::id()),
            Action::MakeRequest(_) => Event::RequestFailed,
            Action::RenewCertificate(renewal::Action::Subscribe(_)) if well => {
                Event::Renewal(renewal::Event::Subscribed)
            }
            Action::RenewCertificate(renewal::Action::Subscribe(_)) => {
                Event::Renewal(renewal::Event::SubscriptionRefused)
            }
            Action::RenewCertificate(renewal::Action::Publish { .. }) => Event::Renewal(renewal::Event::Published),
            Action::RenewCertificate(renewal::Action::Listen { .. }) if well => Event::Renewal(message),
            Action::RenewCertificate(renewal::Action::Listen { until }) => {
                self.pass_until(until);
                Event::Renewal(renewal::Event::Elapsed)
            }
            Action::RenewCertificate(renewal::Action::Wait(wait)) => {
                self.pass_until(self.now.monotonic.saturating_add(wait.at_least));
                Event::Renewal(renewal::Event::Elapsed)
            }
            Action::KeepCertificate(_) if well => Event::CertificateKept(certificates::issued(self.now, 30)),
            Action::KeepCertificate(_) => Event::CertificateRefused,
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

    /// Gives an event, whatever is pending. Whether it was taken.
    fn give(&mut self, round: &Round<'_>) -> bool {
        let pending = name(&self.session.poll());
        let tls = tls(round.status);
        let topic = certificates::topic(round.status);
        let event = event(round, pending, &tls, &topic, self);
        let given = event_name(&event);
        let any_time = matches!(given, "Disconnected" | "Rotated" | "ClockSet" | "Wake");
        let answers = matches!(
            (pending, given),
            ("Authenticate", "Authenticator" | "TlsFailed")
                | ("Sign", "Signed" | "SignFailed")
                | ("Connect" | "Renew", "Connected" | "Rejected" | "TlsFailed" | "Unreachable")
                | ("Save", "Saved" | "SaveFailed")
                | ("Wait" | "Stay", "Elapsed")
                | ("MakeRequest", "RequestMade" | "RequestFailed")
                | ("RenewCertificate", "Renewal")
                | ("KeepCertificate", "CertificateKept" | "CertificateRefused" | "CertificateNotKept")
        );
        // Within a run and a renewal the machine within says what does not answer.
        let is_within = matches!(given, "Authenticator" | "Renewal");
        self.note(&event);
        // To write it takes longer than all the rest, and most events of an input answer nothing.
        self.given += 1;
        let is_misuse = !answers && !any_time || is_within;
        let before = (is_misuse && self.given.is_multiple_of(4)).then(|| self.shown());
        let handled = self.session.handle(self.now, event);
        match handled {
            Ok(()) => assert!(answers || any_time, "{given} does not answer {pending}"),
            Err(misuse) => {
                assert!(is_within || misuse == ApiMisuse { pending, given }, "{misuse}");
                assert!(is_within || !answers, "{given} answers {pending}");
                assert!(before.is_none_or(|before| before == self.shown()), "nothing has changed");
            }
        }
        self.count();
        handled.is_ok()
    }

    fn shown(&self) -> String {
        format!("{:?} {}", self.session.poll(), self.session.status())
    }

    /// What is saved is kept for a restart.
    fn note(&mut self, event: &Event<'_>) {
        self.certificates.note(&self.session, event);
        if let (Action::Save(snapshot), Event::Saved) = (self.session.poll(), event) {
            self.saved = Some((snapshot.text(), snapshot.secret().map(|it| it.expose().to_owned())));
        }
    }

    /// The rates hold in any hour and any day.
    fn count(&mut self) {
        let (policy, counters) = (policy(), self.session.status().counters);
        self.certificates.count(&self.session, &policy, self.latest);
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

    /// The whole session, with all that it has been given, hides the keys.
    fn hides(&self) {
        let shown = format!("{:?} {:?}", self.session, self.session.status());
        assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
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
        let is_connected = status.phase == Phase::Connected;
        match action {
            Action::Stay(_) | Action::RenewCertificate(_) => assert!(is_connected),
            // Before a registration, or over the connection.
            Action::MakeRequest(_) => assert!(is_connected || status.phase == Phase::Authenticating),
            _ => assert!(!is_connected),
        }
        let shown = format!("{action:?} {status}");
        flow::no_secret(&shown, &SECRETS, body);
        assert!(self.session.clock().time(self.now) >= UnixTime::from_secs(0));
    }
}
