//! Plans whose keys are in a TPM: the order of its work, and the state that a failing TPM leaves.

use crate::world::{ATTEMPT, DPS, HUB, asked, both, client, cloud, host, now};
use defender_auth::{
    Action, Authenticator, Device, Error, Event, Plan,
    credential::Credential,
    device_mode::Target,
    dps::{Attestation, Profile},
    error::{AccessError, AccessProblem, Code, TpmError},
    http::Response,
    https::HttpsError,
    key::{ActivationBlob, KeyUse, Signature},
    tpm::Tpm,
};

/// A TPM that writes down what it is asked for, and fails so often.
#[derive(Default)]
struct Notes {
    asked: Vec<String>,
    failures: usize,
}

fn failure() -> TpmError {
    AccessError { place: "/dev/tpmrm0".to_owned(), problem: AccessProblem::TimedOut }.into()
}

impl Notes {
    fn note(&mut self, what: String) -> Result<(), TpmError> {
        self.asked.push(what);
        if self.failures == 0 {
            return Ok(());
        }
        self.failures -= 1;
        Err(failure())
    }
}

impl Tpm for Notes {
    fn endorsement_key(&mut self) -> Result<Vec<u8>, TpmError> {
        Ok(vec![1; 316])
    }

    fn storage_root_key(&mut self) -> Result<Vec<u8>, TpmError> {
        Ok(vec![2; 284])
    }

    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), TpmError> {
        self.note(format!("activate {:?}", blob.key_use()))
    }

    fn sign(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, TpmError> {
        self.note(format!("sign {key_use:?} {}", data.len()))?;
        Ok(Signature::from_bytes([7; 32]))
    }
}

/// An authenticator that the service has just challenged.
fn challenged() -> Authenticator {
    let mut tpm = Notes::default();
    let attestation = Attestation::Tpm {
        endorsement_key: tpm.endorsement_key().unwrap(),
        storage_root_key: tpm.storage_root_key().unwrap(),
    };
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap()).with_endpoint(host(DPS));
    let plan = Plan::provision(profile, attestation).unwrap();
    let mut auth = Authenticator::new(&plan, both(now()), ATTEMPT);
    // Five fields of one byte.
    let challenge =
        br#"{"message":"Authorization required","authenticationKey":"AAEBAAECAAEDAAEEAAEF","keyName":"registration"}"#;
    auth.handle(both(now()), Event::Answered(Response::new(401, challenge))).unwrap();
    assert!(matches!(auth.poll(), Action::Activate(_)), "{auth:?}");
    auth
}

#[test]
fn without_a_tpm_the_error_names_the_method_that_takes_one() {
    let mut auth = challenged();
    let error = client(&cloud(0), []).run(&mut auth).unwrap_err();
    let HttpsError::Failed(error) = &error else { panic!("{error:?}") };
    assert!(error.code() == Code::Unsupported && error.to_string().contains("`Client::run_with`"), "{error}");
    assert!(matches!(auth.poll(), Action::Activate(_)), "{auth:?}");
}

#[test]
fn a_tpm_that_fails_leaves_its_work_pending() {
    let cloud = cloud(0);
    let client = client(&cloud, []);
    let mut auth = challenged();
    let mut tpm = Notes { failures: 1, ..Notes::default() };
    let error = client.run_with(&mut auth, &mut tpm).unwrap_err();
    assert_eq!(error, HttpsError::Failed(failure().into()));
    assert!(matches!(auth.poll(), Action::Activate(_)), "{auth:?}");
    let Action::Activate(blob) = auth.poll() else { panic!() };
    assert_eq!(blob.key_use(), KeyUse::Registration);

    auth.handle(both(now()), Event::Activated).unwrap();
    tpm.failures = 1;
    assert_eq!(client.run_with(&mut auth, &mut tpm).unwrap_err(), HttpsError::Failed(failure().into()));
    let Action::Sign(_, string) = auth.poll() else { panic!("{auth:?}") };
    let length = string.as_bytes().len();

    client.run_with(&mut auth, &mut tpm).unwrap();
    // It is not a signature that this service would accept.
    assert!(matches!(auth.poll(), Action::Failed(Error::Service(_))), "{auth:?}");
    assert_eq!(asked(&cloud, 0), "!register");
    let signed = format!("sign Registration {length}");
    assert_eq!(tpm.asked, ["activate Registration", &signed, &signed]);
}

#[test]
fn an_attempt_whose_tpm_fails_ends_with_the_tpms_error_and_sends_nothing() {
    let cloud = cloud(0);
    let device = Device::new(host(HUB), "dev-01".parse().unwrap(), Credential::ExternalSigner);
    let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
    let mut tpm = Notes { failures: 1, ..Notes::default() };
    let error = client(&cloud, []).authenticate_with(&plan, &mut tpm).unwrap_err();
    assert_eq!(error, HttpsError::Failed(failure().into()));
    assert_eq!((asked(&cloud, 0), tpm.asked.len()), (String::new(), 1));
}
