//! What is not a module, not one token, or not one key of a kind that can be used.

use crate::{
    alone::alone,
    token::{KINDS, Kind, Token},
};
use defender_auth::key::PrivateKey as _;
use defender_auth_pkcs11::{Access, Error, TokenKey, Uri};

fn nothing(_: &Token) {}

#[test]
#[ignore = "needs softhsm2"]
fn what_is_not_a_module_is_told_by_its_reason() {
    alone("modules::what_is_not_a_module_is_told_by_its_reason", Kind::SoftHsm, nothing, |token| {
        let open = |path: &str| TokenKey::open_with(&Uri::default(), Access::new().with_module(path)).unwrap_err();
        assert!(matches!(TokenKey::open(&Uri::default()), Err(Error::NoModule)));
        assert!(matches!(open("/does/not/exist.so"), Error::ModuleNotFound { .. }));
        let error = open(&token.write("text.so", &"not a library\n".repeat(9)));
        assert!(
            matches!(&error, Error::NotLoaded { .. }) && error.to_string().contains("invalid ELF header"),
            "{error}"
        );
        let libc = format!("/usr/lib/{}-linux-gnu/libc.so.6", std::env::consts::ARCH);
        let libc = if std::fs::exists(&libc).unwrap() { libc } else { "/usr/lib64/libc.so.6".into() };
        let error = open(&libc);
        assert!(
            matches!(&error, Error::NotAModule { .. }) && error.to_string().contains("check module-path"),
            "{error}"
        );
    });
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn a_module_is_found_by_its_name() {
    let make = |token: &Token| token.make(KINDS[0], "key", "01");
    alone("modules::a_module_is_found_by_its_name", Kind::SoftHsm, make, |token| {
        let pin = token.path("pin");
        let open = |query: &str| {
            let uri: Uri = format!("pkcs11:token=agent;object=key?{query}&pin-source=file://{pin}").parse().unwrap();
            TokenKey::open(&uri)
        };
        assert!(open("module-name=softhsm2").is_ok());
        let folder = token.module();
        let folder = folder.rsplit_once('/').unwrap().0;
        assert!(open(&format!("module-path={folder}&module-name=softhsm2")).is_ok());
        assert!(matches!(open("module-name=nothing"), Err(Error::ModuleNotFound { .. })));
    });
}

fn several(token: &Token) {
    token.make(KINDS[0], "twin", "01");
    token.make(KINDS[1], "twin", "02");
    token.add("same");
    token.add("same");
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn one_token_and_one_key_have_to_match() {
    alone("modules::one_token_and_one_key_have_to_match", Kind::SoftHsm, several, |token| {
        let open = |path: &str| TokenKey::open(&token.uri(path));
        let error = open("token=agent;object=twin").unwrap_err();
        assert!(matches!(error, Error::ManyKeys { count: 2, .. }), "{error}");
        assert!(matches!(open("token=agent"), Err(Error::ManyKeys { count: 2, .. })));
        assert!(matches!(open(""), Err(Error::ManyTokens { count: 3, .. })));
        assert!(matches!(open("token=same"), Err(Error::ManyTokens { count: 2, .. })));
        assert!(matches!(open("token=other"), Err(Error::NoToken { .. })));
        assert!(matches!(open("token=agent;model=other;id=%01"), Err(Error::NoToken { .. })));
        assert!(matches!(open("token=agent;library-version=1.0;id=%01"), Err(Error::NoToken { .. })));
        assert!(matches!(open("token=agent;slot-description=other;id=%01"), Err(Error::NoToken { .. })));
        assert!(matches!(open("token=agent;object=twin;id=%03"), Err(Error::NoKey { logged_in: true, .. })));
        let [first, second] = ["%01", "%02"].map(|id| open(&format!("token=agent;object=twin;id={id}")).unwrap());
        assert_ne!(first.public_key(), second.public_key());
        assert!(open("token=agent;model=SoftHSM%20v2;manufacturer=SoftHSM%20project;id=%01;type=private").is_ok());
    });
}

fn unusable(token: &Token) {
    token.make(KINDS[0], "asks", "01 --always-auth");
    token.make("EC:secp521r1", "p521", "02");
    token.make("rsa:1024", "short", "03");
    token.make("EC:edwards25519", "edwards", "04");
    token.make(KINDS[0], "alone", "05");
    token.tool_in("--delete-object --type pubkey --id 05");
    token.make("rsa:2048", "rsa", "06");
    token.tool_in("--delete-object --type pubkey --id 06");
}

#[test]
#[ignore = "needs softhsm2 and opensc"]
fn a_key_that_cannot_be_used_is_refused_when_it_is_opened() {
    alone("modules::a_key_that_cannot_be_used_is_refused_when_it_is_opened", Kind::SoftHsm, unusable, |token| {
        let error = token.open("asks").unwrap_err();
        assert!(matches!(error, Error::AlwaysAuthenticate), "{error}");
        for (label, what) in [("p521", "another curve"), ("short", "RSA key of 1024 bits"), ("edwards", "of the kind")]
        {
            let error = token.open(label).unwrap_err();
            assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains(what), "{error}");
        }
        assert!(matches!(token.open("alone"), Err(Error::NoPublicKey { .. })));
        assert!(token.open("rsa").is_ok(), "an RSA key has it at the private key");
    });
}

fn two(token: &Token) {
    token.make(KINDS[0], "ec", "01");
    token.make(KINDS[2], "rsa", "02");
}

#[test]
#[ignore = "needs softhsm2, opensc and gcc"]
fn mechanisms_are_proven_by_a_signature() {
    use defender_auth::key::SignatureScheme::{EcdsaP256Sha256, RsaPkcs1Sha256, RsaPssSha256};
    alone("modules::mechanisms_are_proven_by_a_signature", Kind::Scripted, two, |token| {
        // A wrong bit in each signature.
        token.script(&["bit 77 *"]);
        let error = token.open("ec").unwrap_err();
        assert!(matches!(error, Error::NoScheme { cause: None, .. }), "{error}");
        // Neither CKM_ECDSA nor CKM_ECDSA_SHA256.
        token.script(&["C_SignInit:0x1041 0x70 *", "C_SignInit:0x1044 0x70 *"]);
        let error = token.open("ec").unwrap_err();
        assert!(error.to_string().contains("CKR_MECHANISM_INVALID"), "{error}");
        // Only the mechanisms that hash, where the token has them.
        token.script(&["C_SignInit:0xd 0x70 *", "C_SignInit:0x1 0x70 *"]);
        let key = token.open("rsa").unwrap();
        assert_eq!(key.schemes(), [RsaPssSha256, RsaPkcs1Sha256]);
        assert!(key.sign(RsaPssSha256, b"hello").is_ok());
        // No PSS at all.
        token.script(&["C_SignInit:0xd 0x70 *", "C_SignInit:0x43 0x71 *"]);
        assert_eq!(token.open("rsa").unwrap().schemes(), [RsaPkcs1Sha256]);
        token.script(&[]);
        assert_eq!(token.open("ec").unwrap().schemes(), [EcdsaP256Sha256]);
    });
}
