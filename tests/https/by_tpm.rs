//! A device with a TPM from its enrollment on: registered, logged in, registered again.

use crate::{
    swtpm::Swtpm,
    wire::{Cut, Wire},
    world::{ATTEMPT, DEVICE_KEY, HUB, MODULE_KEY, asked, both, client, host, is_the_module, now},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    Action, Authenticator, Device, Error, Event, Outcome, Password, Plan,
    credential::Credential,
    device_mode::Target,
    dps::{Attestation, Profile},
    error::{AccessProblem, TpmError},
    https::{Client, HttpsError},
    key::{KeyUse, Signature},
    mqtt::Connect,
    tls::Roots,
    tpm::{Connection, Tpm, TpmClient, Transport},
};
use defender_auth_emulator::{Dps, Emulator, Enrollment, Hub, Module, World};
use defender_auth_mqtt::{Dial, Error as MqttError, Session};

const ID: &str = "dev-01";
/// The handle of the hub's key.
const IDENTITY: &str = "0x81000100";
/// The challenge, and the registration that is final at once.
const REGISTERED: &str = "register register";
/// More steps than an attempt has.
const STEPS: usize = 60;

/// A TPM, and services with its enrollment.
struct Machine {
    swtpm: Swtpm,
    cloud: Emulator,
    client: Client,
}

impl Machine {
    fn new() -> Self {
        let swtpm = Swtpm::new();
        let key = STANDARD.encode(swtpm.client().endorsement_key().unwrap());
        let dps = Dps::new("0ne00000A0A").enrollment(Enrollment::with_endorsement_key(ID, &key).pending(0));
        let world = World::new().hub(Hub::new(HUB)).dps(dps);
        let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
        let client = client(&cloud, []);
        Self { swtpm, cloud, client }
    }

    fn register(&self, tpm: &mut TpmClient<Connection>) -> Outcome {
        self.client.authenticate_with(&registration(tpm), tpm).unwrap()
    }

    /// Logs in at the hub with a token that the TPM signs.
    fn log_in(&self, me: &Outcome, tpm: &mut TpmClient<Connection>) -> Result<(), MqttError> {
        let Password::Sign(string) = me.password(now() + ATTEMPT) else { panic!("the key is not in the TPM") };
        let token = string.token(&tpm.sign(KeyUse::Hub, string.as_bytes()).unwrap());
        let roots = Roots::Pem(self.cloud.root_pem().as_bytes());
        Session::open(&Connect::hub(me.identity(), None), &token, &Dial::at(self.cloud.address()), roots)
            .map(Session::close)
    }

    /// Nothing is loaded, and one key is persistent.
    fn has_one_key(&self, when: &str) {
        self.swtpm.assert_empty(when);
        assert_eq!(self.swtpm.handles("persistent"), [IDENTITY], "{when}");
    }
}

fn registration(tpm: &mut TpmClient<impl Transport>) -> Plan {
    try_registration(tpm).unwrap()
}

fn try_registration(tpm: &mut TpmClient<impl Transport>) -> Result<Plan, TpmError> {
    let (endorsement_key, storage_root_key) = (tpm.endorsement_key()?, tpm.storage_root_key()?);
    let attestation = Attestation::Tpm { endorsement_key, storage_root_key };
    Ok(Plan::provision(Profile::new("0ne00000A0A".parse().unwrap(), ID.parse().unwrap()), attestation).unwrap())
}

/// A signature of one byte, by which the hub's key is recognised.
fn mark(tpm: &mut TpmClient<Connection>) -> Signature {
    tpm.sign(KeyUse::Hub, b"x").unwrap()
}

/// A registration whose responses are lost after the challenge. A wait moves the clock only.
fn lose_the_final_answer(machine: &Machine, tpm: &mut TpmClient<Connection>) -> Error {
    let mut now = now();
    let mut auth = Authenticator::new(&registration(tpm), both(now), ATTEMPT);
    let mut is_challenged = false;
    for _ in 0..STEPS {
        match auth.poll() {
            Action::Send(request) => {
                let reply = machine.client.exchange(request).unwrap();
                let event = if is_challenged { Event::Unanswered } else { Event::Answered(reply.as_response()) };
                auth.handle(both(now), event).unwrap();
                is_challenged = true;
            }
            Action::Wait(wait) => {
                now = now + wait.at_least;
                auth.handle(both(now), Event::Elapsed).unwrap();
            }
            Action::Activate(blob) => {
                tpm.activate(blob).unwrap();
                auth.handle(both(now), Event::Activated).unwrap();
            }
            Action::Sign(key_use, string) => {
                let signature = tpm.sign(key_use, string.as_bytes()).unwrap();
                auth.handle(both(now), Event::Signed(signature)).unwrap();
            }
            Action::Done(_) | Action::Failed(_) => return auth.into_outcome().unwrap_err(),
            other => panic!("{other:?}"),
        }
    }
    panic!("it does not end")
}

#[test]
#[ignore = "needs swtpm"]
fn a_device_with_a_tpm_registers_and_logs_in_at_the_hub() {
    let machine = Machine::new();
    let mut tpm = machine.swtpm.client();
    let me = machine.register(&mut tpm);
    assert_eq!((me.identity().device_id().as_str(), me.credential()), (ID, &Credential::ExternalSigner));
    assert_eq!(asked(&machine.cloud, 0), REGISTERED);
    machine.log_in(&me, &mut tpm).unwrap();
    drop(tpm);
    machine.has_one_key("after a registration");

    // From then on the device is known.
    let plan = Plan::device(Device::new(host(HUB), ID.parse().unwrap(), Credential::ExternalSigner));
    let mut tpm = machine.swtpm.client();
    machine.log_in(plan.outcome().unwrap(), &mut tpm).unwrap();
    drop(tpm);
    assert_eq!(asked(&machine.cloud, 2), format!("(accepted {HUB}/{ID}) (accepted {HUB}/{ID})"));
    machine.has_one_key("after a login");
}

#[test]
#[ignore = "needs swtpm"]
fn registering_again_replaces_the_old_key_by_the_new_one() {
    let machine = Machine::new();
    let mut tpm = machine.swtpm.client();
    let me = machine.register(&mut tpm);
    let old = mark(&mut tpm);
    machine.cloud.rotate_device_keys(HUB, ID, DEVICE_KEY, MODULE_KEY).unwrap();
    assert!(matches!(machine.log_in(&me, &mut tpm), Err(MqttError::Refused(_))));
    let again = machine.register(&mut tpm);
    assert_ne!(mark(&mut tpm), old);
    machine.log_in(&again, &mut tpm).unwrap();
    drop(tpm);
    machine.has_one_key("after two registrations");
}

#[test]
#[ignore = "needs swtpm"]
fn the_old_key_is_kept_if_the_final_response_is_lost() {
    let machine = Machine::new();
    let mut tpm = machine.swtpm.client();
    let me = machine.register(&mut tpm);
    let old = mark(&mut tpm);
    let error = lose_the_final_answer(&machine, &mut tpm);
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(mark(&mut tpm), old);
    machine.log_in(&me, &mut tpm).unwrap();
    // The same with a key that has changed meanwhile: the next registration imports it.
    machine.cloud.rotate_device_keys(HUB, ID, DEVICE_KEY, MODULE_KEY).unwrap();
    lose_the_final_answer(&machine, &mut tpm);
    assert_eq!(mark(&mut tpm), old);
    let me = machine.register(&mut tpm);
    assert_ne!(mark(&mut tpm), old);
    machine.log_in(&me, &mut tpm).unwrap();
    drop(tpm);
    machine.has_one_key("after answers that were lost");
}

#[test]
#[ignore = "needs swtpm"]
fn device_mode_authenticates_with_the_key_in_the_tpm() {
    let machine = Machine::new();
    let mut tpm = machine.swtpm.client();
    machine.register(&mut tpm);
    machine.cloud.add_module(HUB, ID, Module::new("azureiotsecurity", MODULE_KEY)).unwrap();
    let device = Device::new(host(HUB), ID.parse().unwrap(), Credential::ExternalSigner);
    for plan in [registration(&mut tpm), Plan::device(device)] {
        let plan = plan.in_device_mode(Target::default()).unwrap();
        assert!(is_the_module(&machine.client.authenticate_with(&plan, &mut tpm).unwrap()));
    }
    drop(tpm);
    machine.has_one_key("after Device mode");
}

/// A TPM that loses its power after each command of a registration, from the first key that is read to the hub's key that
/// is made persistent. The next run always ends with the hub's key.
#[test]
#[ignore = "needs swtpm"]
fn a_tpm_that_is_killed_at_any_command_of_a_registration_is_registered_by_the_next_run() {
    let mut machine = Machine::new();
    for at in 0..STEPS {
        let wire = Wire::new(machine.swtpm.connection()).cut_at(Cut::After(at));
        let mut tpm = TpmClient::new(wire);
        let plan = try_registration(&mut tpm).map_err(HttpsError::from);
        let result = plan.and_then(|plan| machine.client.authenticate_with(&plan, &mut tpm));
        drop(tpm);
        machine.swtpm.power_cycle();
        let mut tpm = machine.swtpm.client();
        let me = machine.register(&mut tpm);
        machine.log_in(&me, &mut tpm).unwrap();
        drop(tpm);
        machine.has_one_key(&format!("after a registration that was killed after command {at}"));
        match result {
            Err(HttpsError::Failed(Error::Tpm(TpmError::Access(error)))) => {
                assert_eq!(error.problem, AccessProblem::Closed, "{at}");
            }
            Err(HttpsError::Failed(Error::Tpm(TpmError::IdentityLost { .. }))) => {}
            Ok(_) => {
                assert!(at >= 20, "only {at} commands");
                return;
            }
            Err(error) => panic!("{at}: {error}"),
        }
    }
    panic!("a registration of more than {STEPS} commands");
}
