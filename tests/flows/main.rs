//! The flows in virtual time: every arrow of every diagram, and what services say that no diagram shows.
//!
//! What holds for both flows stands here: time, errors, secrets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod authenticator;
mod blame;
mod certificate_request;
mod clock;
mod device_mode;
mod hosts;
mod limits;
mod module_creation;
mod mqtt;
mod outcome;
mod registration;
mod registration_tpm;
mod rejection;
mod renewal;
mod resumption;
mod shown;
mod world;

use defender_auth::{
    Action, ConnectionString, Device, Error, Event, Outcome, Plan, SharedAccessKey, UnixTime,
    credential::{CertificateRequest, Credential, Issuer},
    device_mode::{ModuleLookup, Step, Target},
    dps::{self, Registration},
    error::{
        AccessError, AccessProblem, BlobProblem, Code, CommandCause, CommandError, ConfigError, EndpointError,
        ErrorKind, FileError, FileKind, FileProblem, Found, Hierarchy, IssuedChainError, KeyFileError,
        KeyLocationError, KeyRole, PlanError, ResponseCode, SigningKeyError, TbsProblem, TlsError, TpmError,
        TpmKeyKind, UnsupportedKey,
    },
    identity::DeviceId,
    key::{ActivationBlob, KeyUse, PrivateKeyError},
    payload::Payload,
    sas::{Resource, SasToken},
};
use serde_json::json;
use std::{
    fmt::{Debug, Write as _},
    iter::repeat_n,
    time::Duration,
};
use world::*;

fn register(script: impl IntoIterator<Item = Reply>) -> Error {
    World::new(script).register_by_key().unwrap_err()
}

fn become_module(script: impl IntoIterator<Item = Reply>, credential: impl Into<Credential>) -> Error {
    World::new(script).become_module(device(credential), Target::default()).unwrap_err()
}

#[test]
fn a_wait_that_would_end_after_the_deadline_is_not_begun() {
    let busy = reply(429, "").with("Retry-After", "61");
    let mut world = World::new([busy.clone(), busy, Reply::Silence, assigning()]);
    world.deadline = T0 + seconds(60);
    for error in [
        world.register_by_key().unwrap_err(),
        world.become_module(device(key(&DEVICE_KEY)), Target::default()).unwrap_err(),
    ] {
        assert_eq!((error.code(), error.retry_after()), (Code::ServiceThrottled, Some(seconds(61))));
    }
    world.now = world.deadline;
    assert_eq!(world.register_by_key().unwrap_err(), Error::Unreachable { attempts: 1 });
    assert_eq!(world.register_by_key().unwrap_err(), Error::OutOfTime);
    assert_eq!(world.steps(), ["PUT", "GET", "PUT", "PUT"]);
}

#[test]
fn a_monotonic_clock_that_jumps_forward_ends_the_attempt_and_backward_does_no_harm() {
    let registration = || {
        let sending = Registration::start(profile(), key(&DEVICE_KEY), at(T0), attempt()).unwrap();
        let Ok(dps::Step::Wait(waiting)) = sending.unanswered(at(T0)) else { panic!() };
        waiting
    };
    let handshake = || {
        let step = ModuleLookup::start(device(key(&DEVICE_KEY)), Target::default(), at(T0), attempt()).unwrap();
        let Step::Send(sending) = step else { panic!() };
        let Ok(Step::Wait(waiting)) = sending.unanswered(at(T0)) else { panic!() };
        waiting
    };
    let (late, early) = (T0 + seconds(365 * 86_400), UnixTime::from_secs(5));
    assert_eq!(registration().elapsed(at(late)).unwrap_err(), Error::OutOfTime);
    assert_eq!(handshake().elapsed(at(late)).unwrap_err(), Error::OutOfTime);
    assert!(registration().elapsed(at(early)).is_ok() && handshake().elapsed(at(early)).is_ok());
}

#[test]
fn an_answer_after_the_deadline_comes_too_late() {
    for reply in [assigned(json!({})), assigning(), reply(503, ""), Reply::Silence] {
        let sending = Registration::start(profile(), key(&DEVICE_KEY), at(T0), attempt()).unwrap();
        let step = match reply.response() {
            Some(response) => sending.answered(at(END + seconds(1)), response),
            None => sending.unanswered(at(END + seconds(1))),
        };
        assert_eq!(step.unwrap_err(), Error::OutOfTime);
    }
    let answer = |now| {
        let step = ModuleLookup::start(device(key(&DEVICE_KEY)), Target::default(), at(T0), attempt()).unwrap();
        let Step::Send(sending) = step else { panic!() };
        sending.answered(at(now), module_keys().response().unwrap())
    };
    assert_eq!(answer(END + seconds(1)).unwrap_err(), Error::OutOfTime);
    assert!(matches!(answer(END), Ok(Step::Done(_))), "the deadline itself is in time");
}

#[test]
fn a_refusal_with_a_wrong_clock_names_the_clock() {
    for status in [401, 403] {
        // Once: one token per attempt, and no second try behind the caller's back.
        let denied = |date: &str| [reply(status, &json!({ "errorCode": 401_002 })).with("Date", date)];
        for (date, is_ahead) in [(TWO_HOURS_LATER, false), ("Tue, 14 Nov 2023 20:13:20 GMT", true)] {
            for error in [register(denied(date)), become_module(denied(date), key(&DEVICE_KEY))] {
                // A clock that is ahead makes tokens that expire late, which no service rejects.
                assert_eq!(error.kind(), if is_ahead { ErrorKind::Service } else { ErrorKind::Time });
                let side = if is_ahead { "ahead of" } else { "behind" };
                assert!(status == 403 || error.to_string().contains("the key is not that of this "), "{error}");
                assert!(error.to_string().contains(&format!("is 2 h {side} the service's; set it")), "{error}");
                let clock = service_error(error).clock.unwrap();
                assert_eq!((clock.amount(), clock.is_ahead()), (seconds(7200), is_ahead));
            }
        }
    }
}

#[test]
fn a_clock_that_is_five_minutes_off_is_tolerated() {
    for (date, named) in [
        ("Tue, 14 Nov 2023 22:18:20 GMT", false),
        ("Tue, 14 Nov 2023 22:18:21 GMT", true),
        ("Tue, 14 Nov 2023 22:08:20 GMT", false),
        ("Tue, 14 Nov 2023 22:08:19 GMT", true),
    ] {
        let error = register([reply(401, "").with("Date", date)]);
        assert_eq!(service_error(error).clock.is_some(), named, "{date}");
    }
    assert_eq!(service_error(register([reply(404, "").with("Date", TWO_HOURS_LATER)])).clock, None);
}

#[test]
fn a_device_without_a_clock_can_begin_again_with_the_services() {
    let mut world = World::new(repeat_n(reply(401, "").with("Date", T0_DATE), 2));
    // Three seconds after power-on, in 1970.
    world.now = UnixTime::from_secs(3);
    world.deadline = world.now + seconds(600);
    let now = service_error(world.register_by_key().unwrap_err()).clock.unwrap().service_time();
    assert!(now == T0 && !holds(&world.tokens[0], &DEVICE_KEY, T0));
    let mut world = World::new([assigned(json!({}))]);
    (world.now, world.deadline) = (now, now + seconds(600));
    world.register_by_key().unwrap();
    assert!(holds(&world.tokens[0], &DEVICE_KEY, T0));
}

/// Every way in which a text names no private key, and its number in C.
fn key_locations() -> [(KeyLocationError, i32); 14] {
    use KeyLocationError as Problem;
    [
        (Problem::Empty, 105),
        (Problem::Control, 105),
        (Problem::Scheme, 105),
        (Problem::Attribute, 105),
        (Problem::Twice { name: "file" }, 105),
        (Problem::FileOrHandle, 105),
        (Problem::Percent { name: "file" }, 105),
        (Problem::Handle, 105),
        (Problem::Tpm(EndpointError::Bare), 105),
        (Problem::NoSocket, 105),
        (Problem::PinValue, 105),
        (Problem::Token, 107),
        (Problem::NoTpm, 107),
        (Problem::NotUnix, 107),
    ]
}

/// Every way in which a TPM's key file is not one.
fn key_files() -> [KeyFileError; 13] {
    let field = "parent";
    [
        KeyFileError::NoBlock,
        KeyFileError::SecondBlock,
        KeyFileError::NoEnd,
        KeyFileError::NotBase64,
        KeyFileError::TooLarge { limit: 4000 },
        KeyFileError::KeyBlob,
        KeyFileError::Field { field },
        KeyFileError::Length { field },
        KeyFileError::Importable,
        KeyFileError::Sealed,
        KeyFileError::Policy,
        KeyFileError::Parent { handle: 0x4000_0007 },
        KeyFileError::RsaParent,
    ]
}

/// Every way in which a TPM's key does not sign handshakes.
fn signing_keys() -> [SigningKeyError; 14] {
    let kind = SigningKeyError::Kind;
    [
        kind(UnsupportedKey::Curve(5)),
        kind(UnsupportedKey::Curve(0x20)),
        kind(UnsupportedKey::RsaBits(1024)),
        kind(UnsupportedKey::RsaExponent(3)),
        kind(UnsupportedKey::Type(8)),
        kind(UnsupportedKey::Malformed),
        SigningKeyError::NotInThisTpm { kind: TpmKeyKind::Rsa { bits: 4096 } },
        SigningKeyError::NotSigning,
        SigningKeyError::Restricted,
        SigningKeyError::PolicyOnly,
        SigningKeyError::PasswordUnknown,
        SigningKeyError::NoScheme,
        SigningKeyError::NoRandomness,
        SigningKeyError::Signature,
    ]
}

/// An error of each kind that a TPM and the way to it have, and its number in C.
fn every_tpm_error() -> Vec<(Error, i32)> {
    let (owner, endorsement) = (Hierarchy::Owner, Hierarchy::Endorsement);
    let lost = |error| TpmError::IdentityLost { error: Box::new(error) };
    let refused = |cause| CommandError { command: "HMAC", code: ResponseCode::new(0x9a2), cause };
    let causes = [
        CommandCause::PasswordNeeded(endorsement),
        CommandCause::PasswordWrong(owner),
        CommandCause::HierarchyOff,
        CommandCause::KeyPassword,
        CommandCause::OtherTpm,
        CommandCause::Damaged,
        CommandCause::Lockout { seconds: None },
        CommandCause::Lockout { seconds: Some(7200) },
        CommandCause::ObjectMemory { others: 3 },
        CommandCause::SessionMemory,
        CommandCause::NvSpace,
        CommandCause::NoIdentityKey { handle: 0x8100_0100 },
        CommandCause::NotAnHmacKey { handle: 0x8100_0100 },
        CommandCause::SigningKeyPassword { is_counted: true },
        CommandCause::SigningKeyPassword { is_counted: false },
        CommandCause::ParentPassword { handle: 0x8100_0001 },
        CommandCause::OtherParent,
        CommandCause::NoParent { handle: 0x8100_0001 },
        CommandCause::NoSigningKey { handle: 0x8100_0005 },
        CommandCause::NotDecrypting,
        CommandCause::OtherScheme,
        CommandCause::Restricted,
        CommandCause::PolicyOnly,
        CommandCause::UnsupportedKind,
        CommandCause::Failure,
        CommandCause::NotImplemented,
        CommandCause::TpmOne,
        CommandCause::Blocked,
        CommandCause::Other,
    ];
    let problems = [
        AccessProblem::NotFound,
        AccessProblem::Refused,
        AccessProblem::Permission,
        AccessProblem::Busy,
        AccessProblem::NotADevice(FileKind::Regular),
        AccessProblem::NotASocket(FileKind::CharacterDevice),
        AccessProblem::TimedOut,
        AccessProblem::Closed,
        AccessProblem::Frame,
        AccessProblem::Broken,
        AccessProblem::NoTransport,
        AccessProblem::Tbs(TbsProblem::Denied),
        AccessProblem::Other("input/output error".to_owned()),
    ];
    let endpoints = [
        EndpointError::Unsupported("mssim".to_owned()),
        EndpointError::Bare,
        EndpointError::Settings,
        EndpointError::TbsSettings,
    ];
    let foreign = [
        (KeyRole::Endorsement, Found::EccKey),
        (KeyRole::StorageRoot, Found::RsaKey),
        (KeyRole::Identity, Found::Other),
    ];
    let blob = [BlobProblem::Cut, BlobProblem::Length, BlobProblem::NotAnHmacKey];
    let access = |problem| TpmError::from(AccessError { place: "/dev/tpmrm0".to_owned(), problem });
    let mut errors: Vec<(TpmError, i32)> = Vec::new();
    errors.extend(causes.map(|cause| (refused(cause).into(), 501)));
    errors.extend(foreign.map(|(expected, found)| (TpmError::Foreign { handle: 0x8100_0100, expected, found }, 501)));
    errors.extend(problems.map(|problem| (access(problem), 502)));
    errors.extend(endpoints.map(|error| (error.into(), 502)));
    errors.extend(blob.map(|problem| (TpmError::Blob { field: 1, problem }, 503)));
    errors.extend([
        (lost(refused(CommandCause::NvSpace).into()), 501),
        (lost(access(AccessProblem::Closed)), 502),
        (TpmError::Answer { command: "HMAC" }, 502),
        (TpmError::NoRegistrationKey, 104),
        (TpmError::Handle { handle: 1 }, 105),
        (TpmError::PasswordTooLong { limit: 64 }, 105),
        (TpmError::Occupied { handle: 0x8100_0005 }, 501),
    ]);
    errors.extend(key_files().map(|error| (TpmError::from(error), 601)));
    errors.extend(signing_keys().map(|error| (TpmError::from(error), 605)));
    errors.into_iter().map(|(error, number)| (error.into(), number)).collect()
}

/// What a TPM says that asks for the same once more.
fn busy() -> Vec<Error> {
    let busy = |code| CommandError { command: "HMAC", code: ResponseCode::new(code), cause: CommandCause::Busy };
    [0x908, 0x90a, 0x922].map(|code| TpmError::from(busy(code)).into()).into()
}

/// An error of each kind, by the flow or the text that leads to it, and its number in C.
fn every_error() -> Vec<(Error, i32)> {
    let refused = |status: u16| register(repeat_n(reply(status, ""), 7));
    let ended = |status: &str| reply(200, &json!({ "status": status }));
    let module = |kind: &str| become_module([module(&json!({ "type": kind }))], key(&DEVICE_KEY));
    let parse = |text: &str| Error::from(ConnectionString::parse(text).unwrap_err());
    let no_key = |text: &str| Error::from(SharedAccessKey::from_base64(text).unwrap_err());
    let file = |problem| Error::from(FileError { path: "/etc/x".to_owned(), problem });
    let plan = Plan::device(device(certificate(Issuer::Authority))).in_device_mode(Target::default());
    let lookup = Plan::provision(profile().lookup_only(true), tpm()).unwrap_err();
    let unassigned = World::new([ended("unassigned")]).register(profile().lookup_only(true), key(&DEVICE_KEY));
    let token = SasToken::sign(&key(&DEVICE_KEY), &Resource::from_plain("h").unwrap(), T0);
    let expired = token.verify(&key(&DEVICE_KEY), END, Duration::ZERO);
    let (_, mut sending) = authenticator::every_state().swap_remove(0);
    let mut errors: Vec<_> = [400, 401, 403, 404].map(|status| (refused(status), i32::from(status))).into();
    errors.extend(
        [(301, 400), (407, 400), (409, 400), (408, 440), (500, 440), (511, 440)]
            .map(|(status, number)| (refused(status), number)),
    );
    errors.extend([
        (Error::from(sending.handle(at(T0), Event::Elapsed).unwrap_err()), 104),
        (lookup.into(), 105),
        (PlanError::RequestName.into(), 105),
        (Resource::as_written("").unwrap_err().into(), 105),
        (Error::NotSupported { what: "a TPM" }, 107),
        (parse("HostName=h"), 201),
        (DeviceId::new("a/b").unwrap_err().into(), 202),
        (parse("HostName=a/b;DeviceId=d;x509=true"), 202),
        (SasToken::parse("x").unwrap_err().into(), 203),
        (parse("HostName=h;DeviceId=d;SharedAccessSignature=x"), 203),
        (ConfigError::NothingKnown.into(), 204),
        (Payload::parse("{").unwrap_err().into(), 205),
        (Payload::parse(&" ".repeat(Payload::LIMIT + 1)).unwrap_err().into(), 205),
        (file(FileProblem::NotFound), 211),
        (file(FileProblem::Permission), 212),
        (file(FileProblem::Other("input/output error".to_owned())), 213),
        (expired.unwrap_err().into(), 700),
        (token.verify(&key(&MODULE_KEY), T0, Duration::ZERO).unwrap_err().into(), 203),
        (no_key("a key"), 301),
        (parse("HostName=h;DeviceId=d;SharedAccessKey=!"), 301),
        (no_key(&"A".repeat(9000)), 302),
        (no_key(""), 303),
        (refused(429), 429),
        (register([ended("failed")]), 441),
        (register([ended("disabled")]), 442),
        (unassigned.unwrap_err(), 443),
        (register([reply(200, "<html>")]), 450),
        (register([reply(200, &" ".repeat(65_537))]), 451),
        (module("none"), 452),
        (module("selfSigned"), 452),
        (ActivationBlob::parse(&[0, 1], KeyUse::Hub).unwrap_err().into(), 503),
        (plan.unwrap_err().into(), 604),
        (CertificateRequest::from_der(b"x").unwrap_err().into(), 601),
        (IssuedChainError::Unreadable { number: 1 }.into(), 601),
        (IssuedChainError::Key.into(), 602),
        (IssuedChainError::TooMany { count: 7 }.into(), 604),
        (IssuedChainError::Expired { number: 1, subject: "CN=d\n".into(), at: T0 }.into(), 702),
        (TlsError::NoPlatformRoots.into(), 650),
        (TlsError::UnreadablePlatformRoots { reason: "no permission".into() }.into(), 650),
        (become_module([reply(401, "")], SasToken::parse("SharedAccessSignature sr=x&sig=y&se=1").unwrap()), 700),
        (register(repeat_n(assigning(), 999)), 701),
        (Error::WaitTooLong { asked: seconds(120), left: seconds(60) }, 701),
        (register(repeat_n(Reply::Silence, 7)), 801),
    ]);
    errors.extend(every_tpm_error());
    errors.extend(key_locations().map(|(error, number)| (error.into(), number)));
    errors.push((PrivateKeyError::permanent("the process has another key; restart it").into(), 605));
    errors
}

#[test]
fn every_error_has_the_number_that_c_knows_wherever_it_was_found() {
    for (error, number) in every_error() {
        assert_eq!(error.code().as_i32(), number, "{error:?}");
        assert_eq!(error.clone().at("a file").code().as_i32(), number);
    }
}

#[test]
fn the_errors_that_may_not_come_again_later_are_retryable_and_no_others() {
    for (error, number) in every_error() {
        assert_eq!(error.is_retryable(), [429, 440, 443, 701, 801].contains(&number), "{error:?}");
    }
    for error in busy() {
        assert!(error.is_retryable() && error.code() == Code::TpmCommand, "{error:?}");
    }
}

#[test]
fn an_error_names_what_is_at_fault() {
    let named: [(Error, &str); 6] = [
        (register([reply(404, "")]), "registration"),
        (DeviceId::new("").unwrap_err().into(), "device ID"),
        (ConfigError::Missing { setting: "Authentication.Identity" }.into(), "Authentication.Identity"),
        (become_module([reply(200, "{}")], key(&DEVICE_KEY)), "moduleId"),
        (become_module([reply(404, "")], key(&DEVICE_KEY)), "module identity"),
        (Error::OutOfTime.at("agent.json"), "agent.json"),
    ];
    for (error, name) in named {
        assert_eq!(error.field().as_deref(), Some(name), "{error}");
    }
    assert_eq!(Error::OutOfTime.field(), None);
}

#[test]
fn every_error_says_on_one_line_what_to_do() {
    let errors = every_error().into_iter().map(|(error, _)| error).chain(busy());
    let texts = errors.map(|error| error.to_string());
    let helpless: Vec<_> = texts.filter(|text| text.contains(char::is_control) || !text.contains("; ")).collect();
    assert_eq!(helpless, [""; 0]);
}

#[derive(Default)]
pub(crate) struct Shown(String, Vec<String>);

impl Shown {
    pub(crate) fn debug(&mut self, value: &impl Debug) {
        write!(self.0, "{value:?} {value:#?} ").unwrap();
    }

    pub(crate) fn error(&mut self, error: &Error) {
        write!(self.0, "{error} {error:?} {error:#?} ").unwrap();
    }

    pub(crate) fn token(&mut self, token: &str) {
        self.1.push(field(token, "sig").unwrap()[..12].to_owned());
    }

    pub(crate) fn assert_silent(mut self) {
        for key in [DEVICE_KEY, MODULE_KEY, MODULE_KEY_2, REGISTRATION_KEY, HUB_KEY] {
            let hex = key.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            let decimal = format!("{key:?}");
            let base64 = base64(&key)[..12].to_owned();
            self.1.extend([base64, hex[..16].to_owned(), hex.to_uppercase()[..16].to_owned()]);
            self.1.extend([decimal[1..40].to_owned(), String::from_utf8_lossy(&key[..16]).into_owned()]);
        }
        assert!(self.0.len() > 5000 && self.1.len() > 25, "the test looked at something");
        for secret in self.1 {
            let bytes = format!("{:?}", secret.as_bytes());
            assert!(![&secret, bytes.trim_matches(['[', ']'])].iter().any(|form| self.0.contains(*form)), "{secret}");
        }
    }
}

#[test]
fn no_state_action_event_or_answer_shows_a_secret() {
    let mut shown = Shown::default();
    for (_, auth) in authenticator::every_state() {
        shown.debug(&auth);
        shown.debug(&auth.poll());
        if let Action::Send(request) = auth.poll() {
            shown.debug(request);
            request.token().iter().for_each(|token| shown.token(token.expose()));
        }
    }
    for reply in [challenge(), assigned_with_hub_key(), module_keys()] {
        shown.debug(&reply.response().unwrap());
        shown.debug(&Event::Answered(reply.response().unwrap()));
    }
    shown.debug(&authenticator::every_event());
    shown.assert_silent();
}

#[test]
fn no_plan_device_or_outcome_shows_a_secret() {
    let mut shown = Shown::default();
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap().in_device_mode(Target::default()).unwrap();
    let mut world = World::new([assigned(json!({})), module_keys(), assigned_with_hub_key()]);
    let outcome = world.run(&plan).unwrap();
    let device: Device = world.register_by_key().unwrap();
    world.tokens.iter().for_each(|token| shown.token(token));
    shown.token(outcome.password(END).into_token().unwrap().expose());
    for _ in 0..8 {
        shown.debug(&(&plan, &device, &outcome, outcome.password(END), outcome.signer(), outcome.connection_string()));
    }
    shown.debug(&Outcome::from(device));
    shown.assert_silent();
}
