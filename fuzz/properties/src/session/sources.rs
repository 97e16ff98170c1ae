//! Credential sources of every kind.

use super::KEY;
use crate::flow::START;
use core::time::Duration;
use defender_auth::{
    Device, Plan, SharedAccessKey,
    credential::{ClientCertificate, Credential, Issuer, SymmetricKeys},
    device_mode::Target,
    dps::{Attestation, Profile},
    session::{OperationalCertificate, Source},
};

/// The source that requests certificates.
pub(super) const CERTIFIED: &str = "certified";

/// One for each bit, and all for none. The last one requests certificates, and has this one.
pub(super) fn sources(kind: u8, current: Option<&OperationalCertificate>) -> Vec<Source> {
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
        Source::new(CERTIFIED, provision(key().into())).requesting_certificates(current.cloned()),
    ];
    let chosen = all.into_iter().enumerate().filter(|(number, _)| kind >> number & 1 == 1).map(|(_, source)| source);
    let chosen: Vec<Source> = chosen.collect();
    if chosen.is_empty() { sources(u8::MAX, current) } else { chosen }
}
