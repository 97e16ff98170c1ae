//! Answers of the identity service.

use crate::{daemon::drive, flow, inputs::Inputs};
use defender_auth::{
    Error,
    error::DaemonProblem,
    identity::Identity,
    identity_service::{IdentityService, Parameter},
    mqtt::Connect,
    sas::{Resource, StringToSign},
};

/// The first line says what is asked; then come the answers.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let mut begin = Inputs::new(inputs.line());
    let (asked, limit, now) = (begin.byte(), flow::limit(begin.byte()), flow::START);
    let service = IdentityService::default().with_uid(998);
    match asked {
        b'P' => drop(drive(service.provisioning(now, limit), limit, &mut inputs)),
        b'C' => drop(drive(service.certificate("device-id", now, limit), limit, &mut inputs)),
        b'K' => {
            let Some(Ok(key)) = drive(service.key_pair("pair-1", now, limit), limit, &mut inputs) else { return };
            assert_eq!(format!("{key:?}"), "KeyHandle(..)");
            let task = service.parameter(&key, Parameter::Algorithm, now, limit);
            drop(drive(task, limit, &mut inputs));
        }
        b'I' => {
            let Some(Ok(account)) = drive(service.identify(now, limit), limit, &mut inputs) else { return };
            let identity = account.identity();
            let login = Connect::hub(identity, None);
            assert_eq!(&login.host, identity.endpoint());
            assert!(login.user_name.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(identity.gateway().is_none_or(|gateway| gateway != identity.hub()));
            flow::no_secret(&format!("{:?}", account.authentication()), &["sig="], b"");
            let string = StringToSign::new(Resource::of(identity), now.wall + limit);
            drop(drive(service.sign(Some(account), &string, now, limit), limit, &mut inputs));
        }
        _ => {
            let (hub, device) = ("h.azure-devices.net".parse().expect("a host"), "dev-1".parse().expect("an ID"));
            let identity = Identity::module(hub, device, "azureiotsecurity".parse().expect("an ID"));
            let string = StringToSign::new(Resource::of(&identity), now.wall + limit);
            match drive(service.sign(None, &string, now, limit), limit, &mut inputs) {
                Some(Ok(signed)) => {
                    assert!(string.token(&signed.signature).is_good_for(signed.account.identity()));
                    assert!(signed.account.signing_key().is_some());
                }
                Some(Err(Error::Daemon(error))) => {
                    let uid = DaemonProblem::NotAPrincipal { uid: Some(998) };
                    assert!(!matches!(error.problem, DaemonProblem::NotAPrincipal { .. }) || error.problem == uid);
                }
                _ => {}
            }
        }
    }
}
