//! Certificates and their keys: PEM, DER, PKCS#8, PKCS#1, SEC1, encrypted or not, and PKCS#12.

mod key;
mod readable;

use defender_auth::{
    UnixTime,
    error::CertificateError,
    x509::{Certificate, Chain, ClientIdentity, Purpose, Thumbprint, check as look_at, verify},
};
use readable::{is_readable, written};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// A time at which the seeds are valid.
const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// The first byte says what it is: `c` a certificate, `k` PKCS#8, `r` PKCS#1, `s` SEC1, `e` an encrypted key, `p`
/// PKCS#12, `t` a thumbprint. Everything else is a PEM text from its first byte on.
///
/// What is read is written and read again as the same. A key fits its leaf. Nothing of a key or a passphrase is shown.
pub fn check(data: &[u8]) {
    match data {
        [b'c', der @ ..] => one(der),
        [b'k', der @ ..] => key::pkcs8(der),
        [b'r', der @ ..] => key::labelled("RSA PRIVATE KEY", der),
        [b's', der @ ..] => key::labelled("EC PRIVATE KEY", der),
        [b'e', der @ ..] => key::encrypted(der),
        [b'p', der @ ..] => pkcs12(der),
        [b't', text @ ..] => thumbprint(text),
        text => pem(text),
    }
}

fn one(der: &[u8]) {
    let certificate = match Certificate::from_der(der) {
        Ok(certificate) => certificate,
        Err(problem) => return is_readable(&format!("{problem} {problem:?}")),
    };
    holds(&certificate);
    assert!(der.starts_with(certificate.der()), "it is the front of what was given");
    let chain = Chain::from_pem(certificate.to_pem().as_bytes()).expect("what is written can be read");
    assert_eq!(chain.certificates(), [certificate], "written and read again it is the same");
    seen(&chain, None);
}

/// What is true of every certificate.
fn holds(certificate: &Certificate) {
    let der = certificate.der();
    assert_eq!(Certificate::from_der(der).as_ref(), Ok(certificate), "its bytes are all of it");
    assert_eq!(certificate.sha1().as_bytes(), Sha1::digest(der).as_slice());
    assert_eq!(certificate.sha256().as_bytes(), Sha256::digest(der).as_slice());
    for thumbprint in [certificate.sha1(), certificate.sha256()] {
        assert_eq!(thumbprint.to_string().parse(), Ok(thumbprint));
    }
    assert_eq!(certificate.to_pem(), written("CERTIFICATE", der), "there is one way to write it");
    for name in [certificate.subject(), certificate.issuer()] {
        is_readable(name);
        assert!(name.chars().count() <= 256, "{name}");
    }
}

fn pem(text: &[u8]) {
    let (chain, key) = (Chain::from_pem(text), key::pem(text));
    let identity = ClientIdentity::from_pem(text, None);
    let pair = ClientIdentity::from_pem_pair(text, text, None);
    assert_eq!(identity.as_ref().err(), pair.as_ref().err(), "one file or two, it is the same");
    for error in [chain.as_ref().err(), identity.as_ref().err()].into_iter().flatten() {
        key::hides_text(text, error);
    }
    let Ok(chain) = chain else {
        assert!(identity.is_err(), "an identity needs a certificate");
        return;
    };
    ordered(&chain);
    if text.len().is_multiple_of(4) {
        seen(&chain, identity.as_ref().ok());
    }
    let fitting = key.as_ref().and_then(|key| chain.for_key(key));
    assert_eq!(fitting.as_ref(), identity.as_ref().ok().map(ClientIdentity::chain), "the key decides");
    if let Ok(identity) = identity {
        belongs(&identity);
    }
}

/// A chain that is written in its order stays as it is.
fn ordered(chain: &Chain) {
    let certificates = chain.certificates();
    assert!((1..=32).contains(&certificates.len()));
    certificates.iter().for_each(holds);
    assert_eq!([chain.linked(), chain.unrelated()].concat(), certificates);
    let text: String = certificates.iter().map(Certificate::to_pem).collect();
    let again = Chain::from_pem(text.as_bytes()).expect("what is written can be read");
    assert_eq!((again.certificates(), again.linked()), (certificates, chain.linked()));
    assert!(!again.was_reordered(), "it stood in order");
}

/// Key and leaf are one identity, however it is written.
fn belongs(identity: &ClientIdentity) {
    let (chain, key) = (identity.chain(), identity.key());
    assert_eq!(chain.certificates()[0].public_key(), key.public_key());
    assert_eq!(chain.for_key(key).as_ref(), Some(chain), "the leaf is the key's");
    key::holds(key);
    let text: String = chain.certificates().iter().map(Certificate::to_pem).collect();
    let text = [text.as_bytes(), key.to_pem().expose().as_bytes()].concat();
    let again = ClientIdentity::from_pem(&text, None).expect("what is written can be read");
    assert_eq!(again.chain().certificates(), chain.certificates());
    assert_eq!(again.key().expose_pkcs8(), key.expose_pkcs8());
    let carried = again.into_client_certificate();
    let linked: Vec<_> = chain.linked().iter().map(|certificate| certificate.der().to_vec()).collect();
    assert_eq!(carried.der(), Some((linked.as_slice(), key.expose_pkcs8())));
}

/// The slow looks: what the services would say, and whether it leads to its own last certificate.
fn seen(chain: &Chain, identity: Option<&ClientIdentity>) {
    for finding in &look_at(chain, identity.map(ClientIdentity::key), Purpose::Any, NOW) {
        is_readable(&finding.to_string());
    }
    let (leaf, last) = (&chain.certificates()[0], chain.linked().last().expect("there is a leaf"));
    match verify(chain, last, NOW) {
        Ok(()) => assert!(!leaf.is_ca() && last.is_ca(), "a leaf below a CA"),
        Err(error) => is_readable(&format!("{error} {error:?}")),
    }
}

fn pkcs12(der: &[u8]) {
    if !key::is_cheap(der) {
        return;
    }
    match ClientIdentity::from_pkcs12(der, None) {
        Ok(identity) => {
            identity.chain().certificates().iter().for_each(holds);
            belongs(&identity);
        }
        Err(error) => key::hides(der, &error),
    }
}

fn thumbprint(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    match text.parse::<Thumbprint>() {
        Ok(thumbprint) => {
            let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
            assert_eq!(thumbprint.to_string(), digits.to_uppercase(), "these digits and no others");
            assert!(matches!(thumbprint.as_bytes().len(), 20 | 32));
        }
        Err(problem) => is_readable(&CertificateError::from(problem).to_string()),
    }
}
