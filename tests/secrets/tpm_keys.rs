//! Keys in a TPM, which have the passwords that they are used with.

use crate::{KEYS, Shown, swtpm::Swtpm};
use defender_auth::{
    error::TpmKeyKind,
    private_key::TpmKey,
    tpm::{Parent, SharedTpm},
};

#[test]
#[ignore = "needs swtpm"]
fn no_key_in_a_tpm_shows_its_password() {
    let swtpm = Swtpm::new();
    let tpm = SharedTpm::new(swtpm.client());
    let password = Some(&KEYS[0][..]);
    let file = tpm.lock().create_key(TpmKeyKind::P256, Parent::StorageRoot, password).unwrap();
    let mut shown = Shown::default();
    shown.debug(&(tpm.lock().open_key(&file, password).unwrap(), &tpm));
    shown.debug(&TpmKey::open(&tpm, &file, password).unwrap());
    shown.assert_without_secrets();
    for name in ["SharedTpm", "SigningKey", "TpmKey"] {
        assert!(shown.1.contains(name), "{name}");
    }
}
