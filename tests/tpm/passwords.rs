//! Hierarchies with passwords, and a TPM in lockout.

use crate::{
    activation::keys,
    blob::{hmac, recipe},
    swtpm::Swtpm,
};
use defender_auth::{
    error::{CommandCause, Hierarchy, TpmError},
    key::KeyUse,
    tpm::{Connection, Tpm, TpmClient},
};

fn cause<T: std::fmt::Debug>(result: Result<T, TpmError>) -> CommandCause {
    match result {
        Err(TpmError::Command(error)) => error.cause,
        other => panic!("{other:?}"),
    }
}

fn client_with(swtpm: &Swtpm, owner: &[u8], endorsement: &[u8]) -> TpmClient<Connection> {
    let mut tpm = swtpm.client();
    tpm.set_password(Hierarchy::Owner, owner).unwrap();
    tpm.set_password(Hierarchy::Endorsement, endorsement).unwrap();
    tpm
}

#[test]
#[ignore = "needs swtpm"]
fn passwords_of_hierarchies_are_used_and_named_if_required() {
    let swtpm = Swtpm::new();
    swtpm.tool("changeauth -c owner owned");
    swtpm.tool("changeauth -c endorsement endorsed");
    let mut tpm = swtpm.client();
    assert_eq!(cause(tpm.storage_root_key()), CommandCause::PasswordNeeded(Hierarchy::Owner));
    assert_eq!(cause(tpm.endorsement_key()), CommandCause::PasswordNeeded(Hierarchy::Endorsement));
    for hierarchy in [Hierarchy::Owner, Hierarchy::Endorsement] {
        tpm.set_password(hierarchy, b"guess").unwrap();
    }
    assert_eq!(cause(tpm.storage_root_key()), CommandCause::PasswordWrong(Hierarchy::Owner));
    assert_eq!(cause(tpm.endorsement_key()), CommandCause::PasswordWrong(Hierarchy::Endorsement));
    drop(tpm);
    let mut tpm = client_with(&swtpm, b"owned", b"endorsed");
    let keys = keys(&mut tpm);
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    tpm.activate(&recipe().blob(&keys, KeyUse::Hub)).unwrap();
    tpm.persist_keys().unwrap();
    drop(tpm);
    swtpm.assert_empty("after passwords");
}

#[test]
#[ignore = "needs swtpm"]
fn an_activation_without_the_right_password_keeps_the_old_key() {
    let swtpm = Swtpm::with_keys();
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    let blob = recipe().blob(&keys, KeyUse::Hub);
    tpm.activate(&blob).unwrap();
    drop(tpm);
    swtpm.tool("changeauth -c owner owned");
    swtpm.tool("changeauth -c endorsement endorsed");
    for (owner, endorsement, expected) in [
        (&b"owned"[..], &b""[..], CommandCause::PasswordNeeded(Hierarchy::Endorsement)),
        (b"owned", b"guess", CommandCause::PasswordWrong(Hierarchy::Endorsement)),
        (b"", b"endorsed", CommandCause::PasswordNeeded(Hierarchy::Owner)),
        (b"guess", b"endorsed", CommandCause::PasswordWrong(Hierarchy::Owner)),
    ] {
        let mut tpm = client_with(&swtpm, owner, endorsement);
        assert_eq!(cause(tpm.activate(&blob)), expected);
        assert_eq!(tpm.sign(KeyUse::Hub, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
        drop(tpm);
        swtpm.assert_empty("after a wrong password");
    }
    // A TPM ignores zero bytes at the end.
    client_with(&swtpm, b"owned\0\0", b"endorsed\0").activate(&blob).unwrap();
}

#[test]
#[ignore = "needs swtpm"]
fn a_password_that_no_tpm_accepts_is_rejected_at_once() {
    let swtpm = Swtpm::new();
    let mut tpm = swtpm.client();
    tpm.set_password(Hierarchy::Owner, b"a secret of the owner").unwrap();
    assert_eq!(format!("{tpm:?}").matches("secret").count(), 0, "{tpm:?}");
    tpm.set_password(Hierarchy::Owner, &[1; 64]).unwrap();
    assert_eq!(tpm.set_password(Hierarchy::Owner, &[1; 65]), Err(TpmError::PasswordTooLong { limit: 64 }));
}

/// Our keys have no lockout (noDA).
#[test]
#[ignore = "needs swtpm"]
fn a_lockout_does_not_affect_our_commands() {
    let swtpm = Swtpm::new();
    swtpm.tool("dictionarylockout -s -n 1 -t 7200 -l 7200");
    swtpm.tool("createprimary -C o -G ecc -p right -c counted.ctx");
    swtpm.write("data", b"x");
    swtpm.tool("flushcontext -t");
    for _ in 0..3 {
        let error = swtpm.try_tool("create -C counted.ctx -P wrong -G ecc -u pub -r priv").unwrap_err();
        assert!(error.contains("0x98e") || error.contains("0x921") || error.contains("0x98E"), "{error}");
        swtpm.tool("flushcontext -t");
    }
    assert!(swtpm.tool("getcap properties-variable").contains("inLockout:                 1"));
    let mut tpm = swtpm.client();
    let keys = keys(&mut tpm);
    for key_use in [KeyUse::Registration, KeyUse::Hub] {
        tpm.activate(&recipe().blob(&keys, key_use)).unwrap();
        assert_eq!(tpm.sign(key_use, b"x").unwrap().as_bytes(), &hmac(&recipe().key, b"x"));
    }
    tpm.persist_keys().unwrap();
}
