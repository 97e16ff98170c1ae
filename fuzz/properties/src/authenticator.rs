//! Any plan as a sequence of events, right or wrong for the action that is pending.

use crate::{
    flow::{self, Clock, Round, START},
    inputs::Inputs,
};
use defender_auth::{
    Action, Authenticator, Device, Error, Event, Now, Plan, SharedAccessKey,
    credential::{ClientCertificate, Credential},
    device_mode::Target,
    dps::{Attestation, Profile},
    error::{ApiMisuse, TpmError},
    identity::{HostName, Identity},
    identity_service::IdentityService,
    key::Signature,
    local::Obstacle,
    wait::Reason,
};

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

/// What a TPM says that fails.
static LOST: Error = Error::Tpm(TpmError::NoRegistrationKey);

/// As many events at most.
const EVENTS: usize = 200;

/// A machine takes the event that answers its action and no other; it ends, and stays as it ended.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let mut begin = Inputs::new(inputs.line());
    let Some(plan) = plan(begin.byte(), begin.byte()) else { return };
    let limit = flow::limit(begin.byte());
    let mut run = Run {
        machine: Authenticator::new(&plan, START, limit),
        clock: Clock::begin(START, limit),
        now: START,
        sent: 0,
        waited: 0,
        failures: 0,
    };
    assert_eq!(
        plan.outcome().is_some(),
        matches!(run.machine.poll(), Action::Done(_)),
        "what needs no network request is done"
    );
    run.look(b"");
    for _ in 0..EVENTS {
        let Some(round) = Round::take(&mut inputs) else { break };
        run.now = round.after(run.now);
        run.give(&round);
        run.look(round.body);
    }
    run.end();
}

struct Run {
    machine: Authenticator,
    clock: Clock,
    now: Now,
    /// How many requests were answered, or not.
    sent: usize,
    /// How often time has passed.
    waited: usize,
    /// How many answers in a row were none.
    failures: u8,
}

impl Run {
    fn give(&mut self, round: &Round<'_>) {
        let certificate = ClientCertificate::held_elsewhere(None);
        let (event, name) = match round.event {
            b'A' => (Event::Answered(round.response), "Answered"),
            b'U' => (Event::Unanswered, "Unanswered"),
            b'T' => (Event::Activated, "Activated"),
            b'S' => (Event::Signed(Signature::from_bytes([7; 32])), "Signed"),
            b'F' => (Event::TpmFailed(&LOST), "TpmFailed"),
            b'N' => (Event::NotReached(Obstacle::Absent), "NotReached"),
            b'O' => (Event::Opened(&certificate), "Opened"),
            _ => (Event::Elapsed, "Elapsed"),
        };
        let (before, offset) = (written(&self.machine), self.machine.clock_offset());
        let pending = pending(&self.machine);
        let answers = matches!(
            (pending, name),
            ("Send", "Answered" | "Unanswered")
                | ("Ask", "Answered" | "Unanswered" | "NotReached" | "TpmFailed")
                | ("Open", "Opened" | "TpmFailed")
                | ("Wait", "Elapsed")
                | ("Activate", "Activated" | "TpmFailed")
                | ("Sign", "Signed" | "TpmFailed")
        );
        let handled = self.machine.handle(self.now, event);
        if !answers {
            assert_eq!(handled, Err(ApiMisuse { pending, given: name }));
            assert_eq!(written(&self.machine), before, "an event that answers nothing changes nothing");
            assert_eq!(self.machine.clock_offset(), offset);
            return;
        }
        assert_eq!(handled, Ok(()));
        match name {
            "Answered" | "Unanswered" => {
                self.sent += 1;
                let is_good = name == "Answered" && matches!(round.status, 200..=299);
                self.failures = if is_good { 0 } else { self.failures + 1 };
            }
            "Elapsed" => self.waited += 1,
            _ => {}
        }
        if let (Some(date), "Answered") = (round.response.date(), name) {
            let ahead = i128::from(date.as_secs()) - i128::from(self.now.wall.as_secs());
            assert!(
                self.machine.clock_offset().is_some_and(|offset| i128::from(offset) == ahead || offset < -(1 << 40))
            );
        }
        let is_late = self.clock.is_late(self.now);
        assert!(
            !is_late || !matches!(self.machine.poll(), Action::Send(_) | Action::Ask(_) | Action::Wait(_)),
            "no request is sent after the limit"
        );
        assert!(name != "TpmFailed" || matches!(self.machine.poll(), Action::Failed(error) if *error == LOST));
        if let Action::Wait(wait) = self.machine.poll() {
            flow::wait(wait, (name == "Answered").then_some(round.status));
            self.clock.waits(wait);
            let is_failure = !matches!(wait.reason, Reason::Assigning);
            assert!(!is_failure || (1..=7).contains(&self.failures), "patience has an end");
        }
        // A TPM's challenge and the step to the hub are asked without a wait before.
        assert!(self.sent <= self.waited + 3, "there is a wait between two requests");
    }

    /// There is one thing to do, asked as often as you like, and what is shown of it hides the key.
    fn look(&self, body: &[u8]) {
        match self.machine.poll() {
            Action::Send(request) => {
                let bytes = flow::request(request, request.host());
                assert_eq!(flow::request(request, request.host()), bytes);
                let hosts = ["h.azure-devices.net", "global.azure-devices-provisioning.net"];
                let is_known = hosts.contains(&request.host().as_str());
                assert!(is_known || HostName::new(request.host().as_str()).is_ok());
            }
            Action::Sign(_, string) => assert!(string.as_bytes().split(|byte| *byte == b'\n').count() == 2),
            Action::Failed(error) => flow::error(error, &[KEY, "SharedAccessSignature sr="], body),
            _ => {}
        }
        if let Action::Failed(_) | Action::Done(_) = self.machine.poll() {
            return;
        }
        flow::no_secret(&format!("{:?}", self.machine.poll()), &[KEY, "SharedAccessSignature sr="], body);
        assert!(!format!("{:?}", self.machine).contains(KEY));
    }

    /// The end is what the last action says.
    fn end(self) {
        let (pending, last) = (pending(&self.machine), written(&self.machine));
        match self.machine.into_outcome() {
            Ok(outcome) => assert_eq!(format!("Done({outcome:?})").into_bytes(), last),
            Err(Error::ApiMisuse(misuse)) => assert_eq!(misuse, ApiMisuse { pending, given: "into_outcome" }),
            Err(error) => assert_eq!(format!("Failed({error:?})").into_bytes(), last),
        }
    }
}

fn pending(machine: &Authenticator) -> &'static str {
    match machine.poll() {
        Action::Send(_) => "Send",
        Action::Ask(_) => "Ask",
        Action::Open(_) => "Open",
        Action::Wait(_) => "Wait",
        Action::Activate(_) => "Activate",
        Action::Sign(..) => "Sign",
        Action::Done(_) => "Done",
        Action::Failed(_) => "Failed",
        action => panic!("{action:?}"),
    }
}

/// All that there is to see of what is pending.
fn written(machine: &Authenticator) -> Vec<u8> {
    match machine.poll() {
        Action::Send(request) => flow::request(request, request.host()),
        Action::Activate(blob) => blob.as_bytes().into(),
        Action::Sign(key_use, string) => [format!("{key_use:?}").as_bytes(), string.as_bytes()].concat(),
        action => format!("{action:?}").into_bytes(),
    }
}

/// The plans: a device or a module that is known, Device mode, provisioning, and both. `None` for what cannot be planned.
fn plan(kind: u8, credential: u8) -> Option<Plan> {
    let (hub, id) = ("h.azure-devices.net".parse().expect("a host"), "dev-1".parse().expect("an ID"));
    let key = SharedAccessKey::from_base64(KEY).expect("a key");
    let device = |credential: Credential| Plan::device(Device::new(hub, id, credential));
    let profile = Profile::new("0ne00000A0A".parse().expect("a scope"), "dev-1".parse().expect("an ID"));
    let tpm = Attestation::Tpm { endorsement_key: vec![0, 1, 0xE], storage_root_key: vec![0, 1, 0x5] };
    let plan = match (kind, credential) {
        (b'I', _) => Plan::identity_service(IdentityService::default()),
        (b'M', _) => {
            let module = Identity::module("h".parse().ok()?, "d".parse().ok()?, "m".parse().ok()?);
            Plan::known(module, key)
        }
        (b'D' | b'H', b'X') => device(Credential::ExternalSigner),
        (b'D' | b'H', b'C') => device(ClientCertificate::held_elsewhere(None).into()),
        (b'D' | b'H', _) => device(key.into()),
        (b'L', _) => Plan::provision(profile, key).ok()?.lookup_only(true).ok()?,
        (_, b'X') => Plan::provision(profile, tpm).ok()?,
        (_, b'C') => Plan::provision(profile, ClientCertificate::held_elsewhere(None)).ok()?,
        _ => Plan::provision(profile, key).ok()?,
    };
    match kind {
        b'H' | b'B' | b'L' => plan.in_device_mode(Target::default()).ok(),
        _ => Some(plan),
    }
}
