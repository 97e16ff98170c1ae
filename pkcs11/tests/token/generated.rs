//! Keys that a token generates.

use crate::{
    alone::alone,
    signing::judge,
    token::{Kind, Token},
};
use defender_auth::key::PrivateKey as _;
use defender_auth_pkcs11::{Access, Error, KeyKind, TokenKey, Uri};

const NEW: [(&str, KeyKind); 3] =
    [("p256", KeyKind::P256), ("p384", KeyKind::P384), ("rsa", KeyKind::Rsa { bits: 2048 })];

fn generate(uri: &Uri, kind: KeyKind) -> Result<TokenKey, Error> {
    TokenKey::generate(uri, kind, Access::new())
}

fn every_kind_is_generated(test: &str, kind: Kind) {
    alone(
        test,
        kind,
        |_| {},
        |token| {
            for (label, kind) in NEW {
                let uri = token.uri(&format!("token=agent;object={label}"));
                let key = generate(&uri, kind).unwrap();
                judge(token, &key);
                let again = TokenKey::open(&uri).unwrap();
                assert_eq!(again.public_key(), key.public_key());
                assert!(matches!(generate(&uri, kind), Err(Error::Taken { .. })), "{label}");
            }
            let listed = token.tool_in("--list-objects --type privkey");
            assert_eq!(listed.matches("never extractable").count(), NEW.len(), "{listed}");
        },
    );
}

#[test]
#[ignore = "needs softhsm2-util and pkcs11-tool"]
fn softhsm_generates_every_kind_and_none_leaves_it() {
    every_kind_is_generated("generated::softhsm_generates_every_kind_and_none_leaves_it", Kind::SoftHsm);
}

#[test]
#[ignore = "needs tpm2-pkcs11, swtpm and pkcs11-tool"]
fn tpm2_pkcs11_generates_every_kind_and_none_leaves_it() {
    every_kind_is_generated("generated::tpm2_pkcs11_generates_every_kind_and_none_leaves_it", Kind::Tpm2);
}

#[test]
#[ignore = "needs softhsm2-util and pkcs11-tool"]
fn a_name_is_needed_and_taken_once() {
    let test = "generated::a_name_is_needed_and_taken_once";
    let make = |token: &Token| token.make("EC:prime256v1", "old", "01");
    alone(test, Kind::SoftHsm, make, |token| {
        let refused = |path: &str| generate(&token.uri(path), KeyKind::P256).unwrap_err();
        assert!(matches!(refused("token=agent;id=%02"), Error::NoLabel));
        assert!(matches!(refused("token=agent;object=old"), Error::Taken { .. }));
        assert!(matches!(refused("token=agent;object=new;id=%01"), Error::Taken { .. }));
        assert!(matches!(refused("token=other;object=new"), Error::NoToken { .. }));
        let without: Uri = format!("pkcs11:token=agent;object=new?module-path={}", token.module()).parse().unwrap();
        assert!(matches!(generate(&without, KeyKind::P256), Err(Error::NoPin { .. })));
        let key = generate(&token.uri("token=agent;object=new;id=%02"), KeyKind::P256).unwrap();
        let by_id = TokenKey::open(&token.uri("token=agent;id=%02")).unwrap();
        assert_eq!(by_id.public_key(), key.public_key());
    });
}
