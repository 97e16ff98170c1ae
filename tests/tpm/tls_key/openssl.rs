//! Keys of OpenSSL's provider and of tpm2-tools used here, and keys created here used by OpenSSL.

use super::{KINDS, assert_signs, assert_verifies, shared};
use crate::swtpm::Swtpm;
use defender_auth::{
    error::{CommandCause, SigningKeyError, TpmError, TpmKeyKind},
    key::SignatureScheme,
    private_key::TpmKey,
    tpm::{KeyFile, Parent},
};
use std::process::{Command, Stdio};

/// OpenSSL with the provider of the TPM.
pub(super) fn openssl(swtpm: &Swtpm, arguments: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::null()).env("TPM2OPENSSL_TCTI", swtpm.endpoint().to_string());
    let output = command.env("TSS2_LOG", "all+NONE").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn read(swtpm: &Swtpm, name: &str) -> KeyFile {
    KeyFile::from_pem(&swtpm.read(name)).unwrap()
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn keys_of_openssl_sign_here() {
    let swtpm = Swtpm::new();
    swtpm.tool("startup -c");
    for (options, kind) in [
        (&["EC", "-pkeyopt", "group:P-256"][..], TpmKeyKind::P256),
        (&["EC", "-pkeyopt", "group:P-384"], TpmKeyKind::P384),
        (&["RSA", "-pkeyopt", "bits:2048"], TpmKeyKind::Rsa { bits: 2048 }),
        (&["EC", "-pkeyopt", "group:P-256", "-pkeyopt", "user-auth:abc"], TpmKeyKind::P256),
    ] {
        let path = swtpm.write("openssl.pem", b"");
        openssl(&swtpm, &[&["genpkey", "-provider", "tpm2", "-out", &path, "-algorithm"], options].concat());
        let file = read(&swtpm, "openssl.pem");
        assert_eq!((file.kind(), file.parent()), (kind, Parent::StorageRoot));
        let tpm = shared(&swtpm);
        if options.len() == 5 {
            // The provider sets no noDA: an empty password would be counted.
            let error = TpmKey::open(&tpm, &file, None).unwrap_err();
            assert_eq!(error, SigningKeyError::PasswordUnknown.into());
            assert_signs(&swtpm, &TpmKey::open(&tpm, &file, Some(b"abc")).unwrap());
        } else {
            assert_signs(&swtpm, &TpmKey::open(&tpm, &file, None).unwrap());
        }
    }
}

#[test]
#[ignore = "needs swtpm, OpenSSL's provider tpm2"]
fn keys_created_here_sign_in_openssl() {
    let swtpm = Swtpm::with_keys();
    let digest = |scheme| match scheme {
        SignatureScheme::EcdsaP384Sha384 => "sha384",
        _ => "sha256",
    };
    let message = swtpm.write("message", b"a message");
    for parent in [Parent::StorageRoot, Parent::Persistent(0x8100_0001)] {
        for kind in KINDS {
            let file = swtpm.client().create_key(kind, parent, None).unwrap();
            let key = swtpm.write("here.pem", file.to_pem().as_bytes());
            let (scheme, options) = match kind {
                TpmKeyKind::P256 => (SignatureScheme::EcdsaP256Sha256, &[][..]),
                TpmKeyKind::P384 => (SignatureScheme::EcdsaP384Sha384, &[][..]),
                _ => (SignatureScheme::RsaPkcs1Sha256, &["-pkeyopt", "rsa_padding_mode:pkcs1"][..]),
            };
            let signature = swtpm.write("theirs", b"");
            let providers = ["-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2"];
            let files = ["-inkey", &key, "-rawin", "-digest", digest(scheme), "-in", &message, "-out", &signature];
            openssl(&swtpm, &[&["pkeyutl", "-sign"], &providers[..], &files, options].concat());
            assert_verifies(&swtpm, file.public_key(), scheme, &swtpm.read("theirs"));
        }
    }
}

/// tpm2-tools write emptyAuth the wrong way round, depending on their version, so that it is a hint only.
#[test]
#[ignore = "needs swtpm"]
fn keys_of_tpm2_tools_sign_here() {
    let swtpm = Swtpm::new();
    swtpm.tool("createprimary -C o -G ecc -c parent.ctx");
    swtpm.tool("evictcontrol -C o -c parent.ctx 0x81000001");
    swtpm.tool("flushcontext -t");
    for (make, password, says_empty) in [
        ("ecc:ecdsa-sha256", None, true),
        ("ecc:ecdsa-sha256", None, false),
        ("ecc384:ecdsa-sha384", Some("secret"), true),
        ("rsa2048:rsassa-sha256", Some("secret"), false),
    ] {
        let auth = password.map(|password| format!(" -p {password}")).unwrap_or_default();
        swtpm.tool(&format!("create -C 0x81000001 -G {make} -u key.pub -r key.priv{auth}"));
        swtpm.tool("flushcontext -t");
        // `-p` asks for the password of the key, and decides on emptyAuth.
        let flag = if says_empty { " -p" } else { "" };
        swtpm.tool(&format!("encodeobject -C 0x81000001 -u key.pub -r key.priv{flag} -o tools.pem"));
        swtpm.tool("flushcontext -t");
        swtpm.tool("flushcontext -l");
        let file = read(&swtpm, "tools.pem");
        assert_eq!(file.parent(), Parent::Persistent(0x8100_0001));
        let tpm = shared(&swtpm);
        // The tools set no noDA.
        let given = password.map(str::as_bytes);
        let opened = TpmKey::open(&tpm, &file, given);
        let key = match opened {
            Err(error) => {
                assert_eq!((error, says_empty, given), (SigningKeyError::PasswordUnknown.into(), false, None));
                TpmKey::open(&tpm, &file, Some(b"")).unwrap()
            }
            Ok(key) => key,
        };
        assert_signs(&swtpm, &key);
        drop(key);
        if let Some(password) = password {
            let wrong = TpmKey::open(&tpm, &file, Some(&password.as_bytes()[1..])).unwrap_err();
            let TpmError::Command(error) = wrong else { panic!("{wrong}") };
            assert_eq!(error.cause, CommandCause::SigningKeyPassword { is_counted: true });
            assert_signs(&swtpm, &TpmKey::open(&tpm, &file, given).unwrap());
        }
    }
}
