//! Keys for TLS in a TPM: from files, at persistent handles, and created here.

mod agents;
mod created;
mod faults;
mod killed;
mod named;
mod openssl;
mod rejected;
mod room;
mod script;

use crate::swtpm::Swtpm;
use defender_auth::{
    error::TpmKeyKind,
    key::{PrivateKey, SignatureScheme},
    private_key::TpmKey,
    tpm::{Connection, SharedTpm, Transport},
};
use std::process::{Command, Stdio};

/// The kinds of key that swtpm has and TLS uses.
const KINDS: [TpmKeyKind; 3] = [TpmKeyKind::P256, TpmKeyKind::P384, TpmKeyKind::Rsa { bits: 2048 }];

/// A TPM of a test, and the client that its parts share.
fn shared(swtpm: &Swtpm) -> SharedTpm<Connection> {
    SharedTpm::new(swtpm.client())
}

/// Signs with each scheme, and has OpenSSL verify the signatures.
fn assert_signs<T: Transport + Send>(swtpm: &Swtpm, key: &TpmKey<T>) {
    assert!(!key.schemes().is_empty());
    for scheme in key.schemes() {
        let signature = key.sign(*scheme, b"a message").unwrap();
        assert_verifies(swtpm, key.public_key(), *scheme, &signature);
    }
}

fn assert_verifies(swtpm: &Swtpm, public_key: &[u8], scheme: SignatureScheme, signature: &[u8]) {
    let name = scheme.as_str();
    let hash = format!("-{}", &name[name.len() - 6..]);
    let hash = if name.starts_with("ecdsa") { format!("-sha{}", &name[name.len() - 3..]) } else { hash };
    let key = swtpm.write("public.der", public_key);
    let (message, signature) = (swtpm.write("message", b"a message"), swtpm.write("signature", signature));
    let mut arguments = vec!["dgst", &hash, "-verify", &key, "-keyform", "DER", "-signature", &signature];
    if name.contains("pss") {
        arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    arguments.push(&message);
    assert_eq!(openssl(&arguments), Ok("Verified OK\n".to_owned()), "{scheme}");
}

/// OpenSSL without the provider of a TPM: its output, or what it says of a failure.
fn openssl(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("openssl").args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stdout) + &text(&output.stderr)) }
}
