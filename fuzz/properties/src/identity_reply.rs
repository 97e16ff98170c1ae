//! Answers of the identity service.

use crate::{
    daemon::{answered, drive},
    flow,
    inputs::Inputs,
};
use defender_auth::{
    Error,
    error::DaemonProblem,
    identity::Identity,
    identity_service::{Account, Authentication, CertifiedAccount, IdentityService, Parameter},
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
            let Some((Ok(account), body)) = answered(service.identify(now, limit), limit, &mut inputs) else { return };
            let identity = account.identity();
            let login = Connect::hub(identity, None);
            assert_eq!(&login.host, identity.endpoint());
            assert!(login.user_name.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(identity.gateway().is_none_or(|gateway| gateway != identity.hub()));
            flow::no_secret(&without_names(&account), &["sig="], body);
            flow::no_secret(
                &format!("{:?}", account.authentication()).replace(&certificate_id(&account), ""),
                &[],
                body,
            );
            if let Some(certified) = CertifiedAccount::new(service.clone(), account.clone()) {
                assert!(account.signing_key().is_none());
                assert_eq!(
                    (certified.identity(), format!("{:?}", certified.key())),
                    (identity, "KeyHandle(..)".into())
                );
                flow::no_secret(&format!("{certified:?}").replace(&identity.to_string(), ""), &["sig="], body);
            }
            let string = StringToSign::new(Resource::of(identity), now.wall + limit);
            let signs = account.signing_key().is_some();
            let task = service.sign(Some(account), &string, now, limit);
            if signs {
                drop(drive(task, limit, &mut inputs));
            } else {
                assert!(
                    matches!(task.into_answer(), Err(Error::Daemon(error)) if error.problem == DaemonProblem::NoTokens)
                );
            }
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

/// All that is shown of an account but its names, which the daemon chooses.
fn without_names(account: &Account) -> String {
    let names = [format!("{:?}", account.identity()), format!("{:?}", account.generation()), certificate_id(account)];
    // Within a longer name, a shorter one is not looked for.
    let mut names: Vec<_> = names.into_iter().filter(|name| name != "None" && !name.is_empty()).collect();
    names.sort_by_key(|name| core::cmp::Reverse(name.len()));
    names.iter().fold(format!("{account:?}"), |shown, name| shown.replace(name, ""))
}

/// The ID of its certificate as it is shown, or nothing.
fn certificate_id(account: &Account) -> String {
    match account.authentication() {
        Authentication::X509 { certificate_id, .. } => format!("{certificate_id:?}"),
        _ => String::new(),
    }
}
