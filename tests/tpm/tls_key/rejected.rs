//! Keys that cannot be used: known when they are opened.

use super::{assert_signs, shared};
use crate::swtpm::Swtpm;
use defender_auth::{
    Error,
    error::{CommandCause, SigningKeyError, TpmError, TpmKeyKind},
    key::{PrivateKey as _, SignatureScheme},
    private_key::TpmKey,
    tpm::{KeyFile, Parent},
};
use std::time::Duration;

const PARENT: u32 = 0x8100_0011;
const CREATED: &str = "fixedtpm|fixedparent|sensitivedataorigin";

/// A TPM with an ECC storage key at the handle of the parent.
fn with_parent() -> Swtpm {
    let swtpm = Swtpm::new();
    add_parent(&swtpm, "0x81000011", "");
    swtpm
}

fn add_parent(swtpm: &Swtpm, handle: &str, options: &str) {
    swtpm.tool(&format!("createprimary -C o -G ecc -c parent.ctx{options}"));
    swtpm.tool(&format!("evictcontrol -C o -c parent.ctx {handle}"));
    swtpm.tool("flushcontext -t");
}

/// A file of parts that a TPM made.
fn tss2(parent: u32, has_empty_auth: bool, public: &[u8], private: &[u8]) -> KeyFile {
    let octets = |bytes: &[u8]| [&[4, 0x82], &u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let short = |bytes: &[u8]| match u8::try_from(bytes.len()) {
        Ok(length @ ..=0x7f) => [&[4, length], bytes].concat(),
        Ok(length) => [&[4, 0x81, length], bytes].concat(),
        Err(_) => octets(bytes),
    };
    let mut content = vec![6, 6, 0x67, 0x81, 5, 0x0a, 1, 3, 0xa0, 3, 1, 1, u8::from(has_empty_auth)];
    content.extend([2, 5, 0]);
    content.extend(parent.to_be_bytes());
    content.extend(short(public));
    content.extend(short(private));
    let der = match u8::try_from(content.len()) {
        Ok(length) => [&[0x30, 0x81, length], &content[..]].concat(),
        Err(_) => [&[0x30, 0x82][..], &u16::try_from(content.len()).unwrap().to_be_bytes(), &content].concat(),
    };
    KeyFile::from_der(&der).unwrap()
}

/// A key that tpm2-tools create below the parent: its algorithm, its attributes beside those of every key, a password.
fn made(swtpm: &Swtpm, algorithm: &str, attributes: &str, password: &str, has_empty_auth: bool) -> KeyFile {
    let password = if password.is_empty() { String::new() } else { format!(" -p {password}") };
    swtpm.tool(&format!(
        "create -C 0x81000011 -G {algorithm} -a {CREATED}|{attributes} -u key.pub -r key.priv{password}"
    ));
    swtpm.tool("flushcontext -t");
    tss2(PARENT, has_empty_auth, &swtpm.read("key.pub"), &swtpm.read("key.priv"))
}

fn counted(swtpm: &Swtpm) -> u32 {
    let list = swtpm.tool("getcap properties-variable");
    let line = list.lines().find(|line| line.contains("TPM2_PT_LOCKOUT_COUNTER")).unwrap();
    u32::from_str_radix(line.rsplit("0x").next().unwrap().trim(), 16).unwrap()
}

#[test]
#[ignore = "needs swtpm"]
fn a_key_that_cannot_sign_for_tls_is_named_when_it_is_opened() {
    let swtpm = with_parent();
    for (algorithm, attributes, expected) in [
        ("ecc:ecdsa-sha256:null", "userwithauth|restricted|sign", SigningKeyError::Restricted),
        ("ecc:ecdsa-sha256:null", "adminwithpolicy|sign", SigningKeyError::PolicyOnly),
        ("rsa2048", "userwithauth|decrypt", SigningKeyError::NotSigning),
        ("ecc:ecdh-sha256:null", "userwithauth|decrypt", SigningKeyError::NotSigning),
        ("ecc:ecdsa-sha384:null", "userwithauth|sign", SigningKeyError::NoScheme),
        ("ecc384:ecdsa-sha256:null", "userwithauth|sign", SigningKeyError::NoScheme),
        ("ecc:ecdaa4-sha256:null", "userwithauth|sign", SigningKeyError::NoScheme),
    ] {
        let file = made(&swtpm, algorithm, attributes, "", true);
        let error = TpmKey::open(&shared(&swtpm), &file, None).unwrap_err();
        assert_eq!(error, expected.into(), "{algorithm}");
        swtpm.assert_empty("after a key that cannot sign");
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_scheme_of_the_key_limits_what_it_offers() {
    use SignatureScheme as Scheme;
    let swtpm = with_parent();
    for (algorithm, schemes) in [
        ("ecc:ecdsa-sha256:null", &[Scheme::EcdsaP256Sha256][..]),
        ("ecc384:ecdsa-sha384:null", &[Scheme::EcdsaP384Sha384]),
        ("rsa2048:rsassa-sha256:null", &[Scheme::RsaPkcs1Sha256]),
        ("rsa2048:rsassa-sha384:null", &[Scheme::RsaPkcs1Sha384]),
        ("rsa2048:rsapss-sha256:null", &[Scheme::RsaPssSha256]),
        ("rsa3072:rsapss-sha512:null", &[Scheme::RsaPssSha512]),
    ] {
        let file = made(&swtpm, algorithm, "userwithauth|noda|sign", "", true);
        let key = TpmKey::open(&shared(&swtpm), &file, None).unwrap();
        assert_eq!(key.schemes(), schemes, "{algorithm}");
        assert_signs(&swtpm, &key);
        let error = key.sign(Scheme::RsaPssSha384, b"x").unwrap_err();
        assert!(
            !error.is_retryable() && error.to_string().contains("does not sign with rsa_pss_rsae_sha384"),
            "{error}"
        );
    }
}

#[test]
#[ignore = "needs swtpm"]
fn a_parent_that_is_not_that_of_the_key_is_named() {
    let swtpm = with_parent();
    let other = with_parent();
    add_parent(&swtpm, "0x81000012", " -p secret");
    let storage = "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda";
    add_parent(&swtpm, "0x81000013", &format!(" -a {storage}"));
    let file = made(&swtpm, "ecc", "userwithauth|noda|sign", "", true);
    swtpm.tool("createprimary -C o -G ecc -a userwithauth|sign|fixedtpm|fixedparent|sensitivedataorigin -c p.ctx");
    swtpm.tool("evictcontrol -C o -c p.ctx 0x81000014");
    swtpm.tool("flushcontext -t");
    let (public, private) = (swtpm.read("key.pub"), swtpm.read("key.priv"));
    let cause = |swtpm: &Swtpm, file: &KeyFile| match TpmKey::open(&shared(swtpm), file, None).unwrap_err() {
        TpmError::Command(error) => error.cause,
        error => panic!("{error}"),
    };
    let below = |handle| tss2(handle, true, &public, &private);
    assert_eq!(cause(&other, &file), CommandCause::OtherParent);
    assert_eq!(cause(&swtpm, &below(0x8100_0013)), CommandCause::OtherParent);
    for handle in [0x8100_0014, 0x8100_0015] {
        assert_eq!(cause(&swtpm, &below(handle)), CommandCause::NoParent { handle });
    }
    assert_eq!(cause(&swtpm, &below(0x8100_0012)), CommandCause::ParentPassword { handle: 0x8100_0012 });
    for at in [10, private.len() - 1] {
        let mut changed = private.clone();
        changed[at] ^= 1;
        assert_eq!(cause(&swtpm, &tss2(PARENT, true, &public, &changed)), CommandCause::OtherParent);
    }
    assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &below(PARENT), None).unwrap());
    // The same for a new key.
    for (handle, expected) in [
        (0x8100_0012, CommandCause::ParentPassword { handle: 0x8100_0012 }),
        (0x8100_0014, CommandCause::NoParent { handle: 0x8100_0014 }),
        (0x8100_0015, CommandCause::NoParent { handle: 0x8100_0015 }),
    ] {
        let result = swtpm.client().create_key(TpmKeyKind::P256, Parent::Persistent(handle), None);
        let Err(TpmError::Command(error)) = result else { panic!("{result:?}") };
        assert_eq!(error.cause, expected);
    }
    swtpm.assert_empty("after rejected keys");
}

#[test]
#[ignore = "needs swtpm"]
fn a_wrong_password_is_counted_only_for_a_key_without_noda() {
    let swtpm = with_parent();
    // The files say that the keys have a password.
    let counting = made(&swtpm, "ecc", "userwithauth|sign", "secret", false);
    let lenient = made(&swtpm, "ecc", "userwithauth|noda|sign", "secret", false);
    let open = |file: &KeyFile, password: Option<&[u8]>| TpmKey::open(&shared(&swtpm), file, password).map(|_| ());
    let wrong = |file: &KeyFile, password: Option<&[u8]>| match open(file, password).unwrap_err() {
        TpmError::Command(error) => error.cause,
        error => panic!("{error}"),
    };
    assert_eq!(open(&counting, None), Err(SigningKeyError::PasswordUnknown.into()));
    for password in [None, Some(&b"wrong"[..]), Some(b"")] {
        assert_eq!(wrong(&lenient, password), CommandCause::SigningKeyPassword { is_counted: false });
    }
    assert_eq!(counted(&swtpm), 0);
    assert_eq!(wrong(&counting, Some(b"wrong")), CommandCause::SigningKeyPassword { is_counted: true });
    assert_eq!(counted(&swtpm), 1, "one attempt for one password");
    assert_eq!((open(&counting, Some(b"secret")), open(&lenient, Some(b"secret"))), (Ok(()), Ok(())));
    assert_eq!(open(&lenient, Some(&[1; 65])), Err(TpmError::PasswordTooLong { limit: 64 }));
}

#[test]
#[ignore = "needs swtpm"]
fn a_tpm_in_lockout_is_reported_with_its_length_when_a_key_is_opened() {
    let swtpm = with_parent();
    let file = made(&swtpm, "ecc", "userwithauth|sign", "secret", false);
    swtpm.tool("dictionarylockout -s -n 1 -t 600 -l 600");
    TpmKey::open(&shared(&swtpm), &file, Some(b"wrong")).unwrap_err();
    let error = TpmKey::open(&shared(&swtpm), &file, Some(b"secret")).unwrap_err();
    assert!(error.to_string().contains("the TPM is in lockout for up to 10 min; wait, or reset it"), "{error}");
    assert_eq!(Error::from(error).retry_after(), Some(Duration::from_secs(600)));
    // A key with noDA is not concerned.
    let lenient = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, Some(b"secret")).unwrap();
    assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &lenient, Some(b"secret")).unwrap());
    swtpm.tool("dictionarylockout -c");
    assert_signs(&swtpm, &TpmKey::open(&shared(&swtpm), &file, Some(b"secret")).unwrap());
}
