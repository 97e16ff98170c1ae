//! A session as a sequence of events, right or wrong for the action that is pending, with restarts in between.

use crate::{
    flow::{self, Round, START},
    inputs::Inputs,
};
use core::time::Duration;
use defender_auth::{
    Device, Event as Inner, Now, Plan, SharedAccessKey, UnixTime,
    credential::{ClientCertificate, Credential, Issuer, SymmetricKeys},
    device_mode::Target,
    dps::{Attestation, Profile},
    error::{ApiMisuse, TlsFailure, Validity},
    key::Signature,
    mqtt::ConnectRefused,
    secret::SecretText,
    session::{Action, Event, Loss, Phase, Policy, Rejection, Session, Snapshot, Source},
};

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

/// Sources of every kind.
fn sources(kind: u8) -> Vec<Source> {
    let key = || SharedAccessKey::from_base64(KEY).expect("a key");
    let device = |credential: Credential| {
        Device::new("h.azure-devices.net".parse().expect("a hub"), "dev-1".parse().expect("an ID"), credential)
    };
    let certificate = || ClientCertificate::from_der(vec![vec![1]], &[2], Issuer::SelfSigned);
    let provision = |attestation| {
        let profile = Profile::new("0ne1".parse().expect("a scope"), "dev-1".parse().expect("an ID"));
        Plan::provision(profile, attestation).expect("a plan")
    };
    let tpm = || Attestation::Tpm { endorsement_key: vec![1; 9], storage_root_key: vec![2; 9] };
    let module = |plan: Plan| plan.in_device_mode(Target::default()).expect("a plan");
    let all = [
        Source::new("keys", device(SymmetricKeys::new(key(), Some(key())).into())),
        Source::new("certificate", device(certificate().into()))
            .with_validity(START.wall, START.wall + Duration::from_secs(86_400)),
        Source::new("external", device(Credential::ExternalSigner)),
        Source::new("dps", provision(key().into())),
        Source::new("dps-module", module(provision(certificate().into()))),
        Source::new("device-mode", module(Plan::device(device(key().into())))),
        Source::new("tpm", provision(tpm())),
    ];
    let count = all.len();
    let chosen = all.into_iter().enumerate().filter(|(number, _)| kind >> number & 1 == 1).map(|(_, source)| source);
    let chosen: Vec<Source> = chosen.collect();
    if chosen.is_empty() { sources((1 << count) - 1) } else { chosen }
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

fn tls(number: u16) -> TlsFailure {
    let validity = Validity { clock: START.wall, not_before: Some(START.wall), not_after: Some(START.wall) };
    let reason = String::new();
    match number % 14 {
        0 => TlsFailure::ClientExpired { validity: None },
        1 => TlsFailure::ClientNotYetValid { validity },
        2 => TlsFailure::ClientRejected { alert: 42 },
        3 => TlsFailure::ClientKeyUnusable { reason },
        4 => TlsFailure::ServerUntrusted { issuer: None },
        5 => TlsFailure::Intercepted { issuer: None },
        6 => TlsFailure::ServerExpired(validity),
        7 => TlsFailure::ServerNotYetValid(validity),
        8 => TlsFailure::ServerWrongName { names: Vec::new() },
        9 => TlsFailure::ServerCertificate { reason },
        10 => TlsFailure::Incompatible { alert: None, reason },
        11 => TlsFailure::PlainText,
        12 => TlsFailure::Alert { alert: 80 },
        _ => TlsFailure::Protocol { reason },
    }
}

fn rejection(status: u16) -> Rejection {
    match u8::try_from(status) {
        Ok(code @ 1..=5) => Rejection::Connack(ConnectRefused::from_code(code).expect("not 0")),
        Ok(code) => Rejection::Reason(code),
        Err(_) => Rejection::Http(status),
    }
}

fn event<'a>(round: &Round<'a>, pending: &str, tls: &'a TlsFailure, kind: u8) -> Event<'a> {
    let (date, signature) = (round.response.date(), Signature::from_bytes([7; 32]));
    let status = round.status;
    match round.event {
        b'A' => Event::Authenticator(Inner::Answered(round.response)),
        b'U' => Event::Authenticator(Inner::Unanswered),
        b'W' => Event::Authenticator(Inner::Elapsed),
        b'T' => Event::Authenticator(Inner::Activated),
        b'S' if pending == "Sign" => Event::Signed(signature),
        b'S' => Event::Authenticator(Inner::Signed(signature)),
        b'C' => Event::Connected { date },
        b'J' => {
            let retry_after = (status > 600).then(|| Duration::from_secs(u64::from(status)));
            Event::Rejected { rejection: rejection(status), retry_after, date }
        }
        b'L' => Event::TlsFailed(tls),
        b'N' => Event::Unreachable,
        b'D' if status.is_multiple_of(3) => Event::Disconnected(Loss::ByServer(rejection(status))),
        b'D' if status % 3 == 1 => Event::Disconnected(Loss::TokenExpired),
        b'D' => Event::Disconnected(Loss::Dropped),
        b'V' => Event::Saved,
        b'X' => Event::SaveFailed,
        b'F' => Event::SignFailed,
        b'O' => Event::Rotated(sources(kind ^ status.to_be_bytes()[1])),
        b'K' => Event::ClockSet,
        b'Y' => Event::Wake,
        _ => Event::Elapsed,
    }
}

fn name(action: &Action<'_>) -> &'static str {
    match action {
        Action::Authenticate(_) => "Authenticate",
        Action::Sign(..) => "Sign",
        Action::Connect(_) => "Connect",
        Action::Renew(_) => "Renew",
        Action::Save(_) => "Save",
        Action::Wait(..) => "Wait",
        Action::Disconnect(_) => "Disconnect",
        Action::Stay(_) => "Stay",
        other => panic!("{other:?}"),
    }
}

fn event_name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Authenticator(_) => "Authenticator",
        Event::Signed(_) => "Signed",
        Event::SignFailed => "SignFailed",
        Event::Connected { .. } => "Connected",
        Event::Rejected { .. } => "Rejected",
        Event::TlsFailed(_) => "TlsFailed",
        Event::Unreachable => "Unreachable",
        Event::Disconnected(_) => "Disconnected",
        Event::Elapsed => "Elapsed",
        Event::Saved => "Saved",
        Event::SaveFailed => "SaveFailed",
        Event::Rotated(_) => "Rotated",
        Event::ClockSet => "ClockSet",
        Event::Wake => "Wake",
        other => panic!("{other:?}"),
    }
}
