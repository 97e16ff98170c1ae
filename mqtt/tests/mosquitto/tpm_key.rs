//! A certificate whose key is in a TPM.

use crate::{
    certificate::{is_accepted, start},
    outside::{Authority, P256, Version},
    swtpm::Swtpm,
};
use defender_auth::{
    credential::CertificateRequest,
    error::TpmKeyKind,
    private_key::TpmKey,
    tpm::{Parent, SharedTpm},
};
use std::sync::Arc;

#[test]
#[ignore = "needs swtpm, mosquitto and openssl, which `cargo xtask test` brings"]
fn mosquitto_knows_a_device_by_the_signature_of_its_tpm() {
    let (swtpm, authority) = (Swtpm::new(), Authority::new(P256));
    let tpm = SharedTpm::new(swtpm.client());
    for kind in [TpmKeyKind::P256, TpmKeyKind::P384, TpmKeyKind::Rsa { bits: 2048 }] {
        let file = tpm.lock().create_key(kind, Parent::StorageRoot, None).unwrap();
        let key = TpmKey::open(&tpm, &file, None).unwrap();
        let request = CertificateRequest::sign("dev-01", &key).unwrap();
        let certificate = authority.certify(&request.to_pem()).with_private_key(Arc::new(key)).unwrap();
        for version in Version::BOTH {
            is_accepted(&start(&authority, version), &authority, "dev-01", &certificate);
        }
    }
}
