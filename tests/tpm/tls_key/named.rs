//! Keys of a TPM that are opened by their names.

use super::{assert_verifies, shared};
use crate::swtpm::Swtpm;
use defender_auth::{
    Error,
    error::{Code, ErrorKind, Hierarchy, TpmKeyKind},
    private_key::{Location, OpenedKey, Opener},
    tpm::Parent,
};

/// Opens a key of the test's TPM.
fn open(swtpm: &Swtpm, name: &str, password: Option<&[u8]>) -> Result<OpenedKey, Error> {
    let endpoint = swtpm.endpoint();
    let opener = Opener::new().with_tpm(&endpoint);
    let opener = password.map_or(opener, |password| opener.with_passphrase(password));
    opener.open(&name.parse::<Location>()?)
}

fn assert_signs(swtpm: &Swtpm, key: OpenedKey) {
    assert!(key.in_memory_of_process().is_none());
    let key = key.into_private_key().unwrap();
    let scheme = key.schemes()[0];
    let signature = key.sign(scheme, b"a message").unwrap();
    assert_verifies(swtpm, key.public_key(), scheme, &signature);
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_of_a_tpm_is_opened_by_every_name() {
    let swtpm = Swtpm::new();
    let handle = 0x8100_0005;
    let path = {
        let tpm = shared(&swtpm);
        let file = tpm.lock().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap();
        tpm.lock().persist_key(&file, handle).unwrap();
        swtpm.write("key.pem", file.to_pem().as_bytes())
    };
    for name in [&path, &format!("tpm:file={path}"), "tpm:handle=0x81000005"] {
        assert_signs(&swtpm, open(&swtpm, name, None).unwrap());
        // The TPM in the name precedes the opener's.
        if name.starts_with("tpm:") {
            let elsewhere = format!("{name}&tpm={}", swtpm.endpoint());
            let nowhere = "swtpm:path=/nowhere".parse().unwrap();
            let opener = Opener::new().with_tpm(&nowhere);
            assert_signs(&swtpm, opener.open(&elsewhere.parse().unwrap()).unwrap());
            let error = opener.open(&name.parse().unwrap()).unwrap_err();
            assert_eq!((error.code(), error.kind()), (Code::TpmAccess, ErrorKind::Tpm));
        }
    }
    swtpm.assert_empty("the keys are closed");
}

#[test]
#[ignore = "needs swtpm"]
fn passwords_of_the_key_and_of_the_owner_are_given_apart() {
    let swtpm = Swtpm::new();
    let path = {
        let mut tpm = swtpm.client();
        let file = tpm.create_key(TpmKeyKind::P384, Parent::StorageRoot, Some(b"of the key")).unwrap();
        swtpm.write("key.pem", file.to_pem().as_bytes())
    };
    swtpm.tool("changeauth -c owner of-the-owner");
    let endpoint = swtpm.endpoint();
    let opener = Opener::new().with_tpm(&endpoint).with_passphrase(b"of the key");
    let location = path.parse().unwrap();
    let error = opener.open(&location).unwrap_err().to_string();
    assert!(error.starts_with(&path) && error.contains("owner"), "{error}");
    assert_signs(&swtpm, opener.with_owner_password(b"of-the-owner").open(&location).unwrap());
    let wrong = opener.with_owner_password(b"of-the-owner").with_passphrase(b"wrong").open(&location).unwrap_err();
    assert!(wrong.to_string().contains("password") && !wrong.to_string().contains("wrong;"), "{wrong}");
    let mut tpm = swtpm.client();
    tpm.set_password(Hierarchy::Owner, b"of-the-owner").unwrap();
}

#[test]
#[ignore = "needs swtpm"]
fn an_error_has_the_name_of_the_key() {
    let swtpm = Swtpm::new();
    let error = open(&swtpm, "tpm:handle=0x81000005", None).unwrap_err().to_string();
    assert!(error.starts_with("tpm:handle=0x81000005: "), "{error}");
    let path = swtpm.write("key.pem", include_bytes!("../../x509/data/p256.pkcs8.pem"));
    let error = open(&swtpm, &format!("tpm:file={path}"), None).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{path}: ")) && error.contains("TSS2 PRIVATE KEY"), "{error}");
    // A file that was truncated.
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap().to_pem();
    for text in [&file[..file.len() / 2], "-----BEGIN TSS2 KEY BLOB-----\nAAAA\n-----END TSS2 KEY BLOB-----\n"] {
        let path = swtpm.write("key.pem", text.as_bytes());
        let error = open(&swtpm, &path, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    }
}
