//! The failure table of the documentation, row by row: what each failure is called, what is done about it, and what a month
//! of nothing else costs.

use crate::{agents::*, months::month, world::*};
use defender_auth::{UnixTime, error::Error, mqtt::ConnectRefused, session::*};

const TABLE: &str = include_str!("../../src/session/failures.md");

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Case {
    Hub(Hub),
    /// The hub rejects the credential while the wall clock is before the floor.
    Behind(Hub),
    /// The hub fails after a service has confirmed the clock.
    Confirmed(Hub),
    Service(Dps),
    /// The hub's answer to a module lookup, and the byte of the module's key.
    Module(u16, u8),
}

struct Row {
    phase: &'static str,
    what: &'static str,
    diagnosis: Diagnosis,
    cases: Vec<Case>,
}

impl Case {
    fn apply(self, world: &mut World) {
        match self {
            Self::Hub(hub) | Self::Confirmed(hub) => world.hub = Box::new(move |_, _| hub),
            Self::Behind(hub) => {
                (world.off, world.dated) = (-REAL.cast_signed(), false);
                world.hub = Box::new(move |_, _| hub);
            }
            Self::Service(service) => {
                world.hub = Box::new(|_, _| NO);
                world.dps = Box::new(move |_| service);
            }
            Self::Module(status, key) => {
                world.hub = Box::new(|_, _| NO);
                world.module = Box::new(move || (status, key));
            }
        }
    }

    /// The agents that can meet it.
    fn agents(self) -> Vec<(&'static str, Vec<Source>)> {
        let all = agents().into_iter();
        all.filter(|(name, _)| match self {
            Self::Hub(_) => true,
            Self::Behind(_) | Self::Confirmed(_) => *name != "known",
            Self::Service(_) => name.starts_with("dps"),
            Self::Module(..) => name.ends_with("mode"),
        })
        .collect()
    }

    /// The first failure of a new session.
    fn diagnosis(self, sources: Vec<Source>) -> Diagnosis {
        let mut world = World::new();
        world.dated = matches!(self, Self::Confirmed(_));
        self.apply(&mut world);
        let mut session = world.session(sources);
        if let Self::Behind(_) = self {
            world.tell(&mut session, Event::Wake);
        }
        loop {
            world.once(&mut session);
            if let (Some(failure), false) =
                (session.status().failure, world.log.iter().all(|(_, kind)| *kind == Kind::Save))
            {
                return failure;
            }
        }
    }

    /// What a month of it costs the worst agent: connections or module lookups, and registrations, a day and in all.
    fn costs(self) -> [[usize; 2]; 3] {
        let mut worst = [[0; 2]; 3];
        for (name, sources) in self.agents() {
            for well in [false, true] {
                let month = month(&sources, well, &format!("{name}, {self:?}"), |world| self.apply(world));
                let [_, connects @ ..] = month.counts[0];
                let [_, lookups @ ..] = month.counts[2];
                for (worst, costs) in worst.iter_mut().zip([connects, month.registrations, lookups]) {
                    *worst = [worst[0].max(costs[0]), worst[1].max(costs[1])];
                }
            }
        }
        worst
    }
}

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn rows() -> Vec<Row> {
    use Diagnosis as D;
    let connacks = |codes: &[u8]| {
        codes.iter().map(|code| Rejection::Connack(ConnectRefused::from_code(*code).unwrap())).collect::<Vec<_>>()
    };
    let reasons = |codes: &[u8]| codes.iter().map(|code| Rejection::Reason(*code)).collect::<Vec<_>>();
    let statuses = |codes: &[u16]| codes.iter().map(|code| Rejection::Http(*code)).collect::<Vec<_>>();
    let rejects = |all: [Vec<Rejection>; 3]| all.concat().into_iter().map(|it| Case::Hub(Hub::Rejects(it))).collect();
    let row = |phase, what, diagnosis, cases| Row { phase, what, diagnosis, cases };
    let tls = |what, diagnosis, words: &[&str]| {
        let cases = words.iter().map(|word| Case::Hub(Hub::Tls(tls_of(word)))).collect();
        row("tls", what, diagnosis, cases)
    };
    let hub = |what, diagnosis, hub| row("connected", what, diagnosis, vec![Case::Hub(hub)]);
    let run = |what, diagnosis, cases: &[Dps]| {
        row("authenticate", what, diagnosis, cases.iter().map(|it| Case::Service(*it)).collect())
    };
    let module = |what, diagnosis, cases: &[(u16, u8)]| {
        row("authenticate", what, diagnosis, cases.iter().map(|it| Case::Module(it.0, it.1)).collect())
    };
    vec![
        row(
            "connect",
            "CONNACK 2, 4, 5; reason 0x85, 0x86, 0x87, 0x8C; HTTP 401, 403, 404",
            D::HubRejected,
            rejects([connacks(&[2, 4, 5]), reasons(&[0x85, 0x86, 0x87, 0x8c]), statuses(&[401, 403, 404])]),
        ),
        row(
            "connect",
            "the same for a token, while the wall clock is before the floor",
            D::ClockSuspect,
            vec![Case::Behind(NO)],
        ),
        row(
            "connect",
            "CONNACK 3; reason 0x88, 0x89, 0x8B, 0x97, 0x9F; HTTP 408, 429, 5xx",
            D::Busy,
            rejects([connacks(&[3]), reasons(&[0x88, 0x89, 0x97, 0x9f]), statuses(&[408, 429, 500, 503])]),
        ),
        row(
            "connect",
            "the same with `Retry-After: 3600`",
            D::Busy,
            vec![Case::Hub(Hub::Later(Rejection::Reason(0x9f), 3600))],
        ),
        row("connect", "no connection, no such name, no answer in time", D::Unreachable, vec![Case::Hub(Hub::Silent)]),
        row(
            "connect",
            "reason 0x9C, 0x9D; HTTP 3xx",
            D::Moved,
            rejects([vec![], reasons(&[0x9c, 0x9d]), statuses(&[301, 307])]),
        ),
        row(
            "connect",
            "CONNACK 1; reason 0x84",
            D::VersionRejected,
            rejects([connacks(&[1]), reasons(&[0x84]), vec![]]),
        ),
        row("connect", "reason 0x8A", D::Banned, rejects([vec![], reasons(&[0x8a]), vec![]])),
        row(
            "connect",
            "every other rejection",
            D::ProtocolRejected,
            rejects([connacks(&[6]), reasons(&[0x80, 0x82]), statuses(&[400])]),
        ),
        tls("the client certificate has expired, or the server says so", D::ClientExpired, &["client-expired"]),
        tls("the client certificate is not yet valid", D::ClientNotYetValid, &["client-not-yet-valid"]),
        tls("the server rejects the client certificate, or requires one", D::ClientRejected, &["client-rejected"]),
        tls("the key is missing, of another certificate, or does not sign", D::KeyUnusable, &["client-key-unusable"]),
        tls("the key is busy, or away for now", D::KeyBusy, &["client-key-busy"]),
        tls("no common version, cipher suite or extension", D::Incompatible, &["incompatible"]),
        tls("no trust anchor leads to the server's certificate", D::ServerUntrusted, &["server-untrusted"]),
        tls("the same, with a sign of a proxy that inspects TLS", D::Intercepted, &["intercepted"]),
        tls(
            "the server's certificate expired before the floor, or by a clock that a service has confirmed",
            D::ServerExpired,
            &["server-expired"],
        ),
        row(
            "tls",
            "it is not yet valid by a clock that a service has confirmed",
            D::ServerNotYetValid,
            vec![Case::Confirmed(Hub::Tls(tls_of("server-not-yet-valid")))],
        ),
        tls(
            "it expired or is not yet valid by a clock that no service has confirmed",
            D::ClockSuspect,
            &["server-not-yet-valid"],
        ),
        tls("the server's certificate is for another name", D::ServerWrongName, &["server-wrong-name"]),
        tls("the server's certificate is invalid in another way", D::ServerCertificate, &["server-certificate"]),
        tls("what answers is not a TLS server", D::PlainText, &["plain-text"]),
        tls("another alert, or a message against the protocol", D::TlsFailed, &["alert", "protocol"]),
        hub("lost after 700 s, each time", D::ConnectionLost, Hub::Flaps(700)),
        hub("lost after one second, each time", D::ConnectionLost, Hub::Flaps(1)),
        run(
            "401, 403; error code 401xxx",
            D::AttestationRejected,
            &[Dps::Status(401, 401_002), Dps::Status(403, 403_000), Dps::Failed(401_000)],
        ),
        run("404; error code 404xxx", D::EnrollmentMissing, &[Dps::Status(404, 404_201), Dps::Failed(404_201)]),
        run("status `disabled`", D::EnrollmentDisabled, &[Dps::Disabled]),
        run("error code 401001", D::HubLink, &[Dps::Failed(401_001)]),
        run(
            "any other rejection or failed registration",
            D::RegistrationFailed,
            &[Dps::Status(400, 400_207), Dps::Failed(400_207)],
        ),
        run(
            "408, 429, 5xx; error code 429xxx, 5xxxxx",
            D::Busy,
            &[Dps::Status(503, 503_001), Dps::Failed(429_001), Dps::Failed(500_001)],
        ),
        run("429 with `Retry-After: 3600`", D::Busy, &[Dps::Later(3600)]),
        run("no answer to seven requests", D::Unreachable, &[Dps::Silent]),
        run("`assigning` for 40 requests, or for ten minutes", D::TimedOut, &[Dps::Assigning]),
        run("a message that does not follow the protocol", D::InvalidMessage, &[Dps::Garbage]),
        module("module lookup: 401, 403", D::DeviceRejected, &[(401, 7), (403, 7)]),
        module("module lookup: 404", D::ModuleMissing, &[(404, 7)]),
        module("a module without usable authentication", D::ModuleUnusable, &[(200, 0)]),
    ]
}

fn line(row: &Row) -> String {
    let mut worst = [[0; 2]; 3];
    for case in &row.cases {
        for (worst, costs) in worst.iter_mut().zip(case.costs()) {
            *worst = [worst[0].max(costs[0]), worst[1].max(costs[1])];
        }
    }
    let [connects, registrations, lookups] = worst.map(|[day, month]| format!("{day} / {month}"));
    let costs = if row.phase == "authenticate" {
        format!("{registrations} | {lookups}")
    } else {
        format!("{connects} | {registrations}")
    };
    let Row { phase, what, diagnosis, .. } = row;
    let decision = if *phase == "authenticate" { diagnosis.decision_in_run() } else { diagnosis.decision() };
    format!("| {phase} | {what} | `{}` | {} | {costs} |", diagnosis.as_str(), decision)
}

/// The rows are split over several tests, so that they run at the same time.
fn check(phases: &[&str]) {
    let rows: Vec<Row> = rows().into_iter().filter(|row| phases.contains(&row.phase)).collect();
    for row in &rows {
        let line = line(row);
        assert!(TABLE.lines().any(|written| written == line), "src/session/failures.md should have\n{line}");
    }
    let written = TABLE.lines().filter(|line| phases.iter().any(|phase| line.starts_with(&format!("| {phase} |"))));
    assert_eq!(written.count(), rows.len(), "the table has no other rows");
}

#[test]
fn every_failure_of_the_table_has_its_diagnosis() {
    for row in rows() {
        for case in row.cases {
            for (name, sources) in case.agents() {
                assert_eq!(case.diagnosis(sources), row.diagnosis, "{name}: {} ({case:?})", row.what);
            }
        }
    }
}

#[test]
fn errors_that_no_service_causes_have_their_diagnosis() {
    let at = UnixTime::from_secs(REAL);
    for (error, diagnosis) in [
        (Error::TokenExpired { at }, Diagnosis::TokenExpired),
        (Error::OutOfTime, Diagnosis::TimedOut),
        (Error::NotSupported { what: "it" }, Diagnosis::SourceUnusable),
    ] {
        assert_eq!(Diagnosis::of_error(&error), diagnosis);
    }
}

#[test]
fn rejected_connections_are_as_the_table_says() {
    check(&["connect"]);
}

#[test]
fn tls_failures_and_lost_connections_are_as_the_table_says() {
    check(&["tls", "connected"]);
}

#[test]
fn failed_runs_are_as_the_table_says() {
    check(&["authenticate"]);
}

#[test]
fn every_diagnosis_has_a_number_a_word_and_a_sentence_of_its_own() {
    let (mut words, mut texts) = (Vec::new(), Vec::new());
    for (number, diagnosis) in (901..).zip(Diagnosis::ALL) {
        assert_eq!(diagnosis.as_i32(), number);
        words.push(diagnosis.as_str());
        texts.push(diagnosis.to_string());
    }
    words.sort_unstable();
    texts.sort_unstable();
    words.dedup();
    texts.dedup();
    assert_eq!((words.len(), texts.len()), (Diagnosis::ALL.len(), Diagnosis::ALL.len()));
}
