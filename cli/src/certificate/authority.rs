//! The CA that signs, out of its files.

use super::{arguments::Signer, mistake};
use crate::{clock, failure::Failure};
use defender_auth::{UnixTime, agent::TextFile};
use pem::Pem;
use rcgen::{Issuer, KeyPair, PublicKeyData as _};
use std::{fs::File, io::Read as _, path::Path};
use x509_parser::{certificate::X509Certificate, error::X509Error, prelude::FromDer as _};
use zeroize::Zeroizing;

/// The largest file that is read, in bytes: dozens of certificates.
const LIMIT: usize = 256 * 1024;

const CERTIFICATE: &str = "CERTIFICATE";

/// A CA with its key.
pub(super) struct Authority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    /// Its name as it is encoded: what it signs must say the same, byte by byte.
    pub(super) subject: Vec<u8>,
    /// What stands behind a certificate that it has signed: itself and the CAs above it, without the root.
    pub(super) chain: String,
    /// Its end.
    pub(super) not_after: UnixTime,
    /// Whether it may sign other CAs.
    pub(super) may_sign_authorities: bool,
}

impl Authority {
    pub(super) fn load(signer: &Signer) -> Result<Self, Failure> {
        let place = signer.ca.display();
        let blocks = certificates(&signer.ca)?;
        let mut chain = Vec::new();
        for (number, block) in (1..).zip(&blocks) {
            let (_, certificate) = X509Certificate::from_der(block.contents()).map_err(|_| {
                mistake(&place, format!("certificate {number} in it cannot be read; have it made again"))
            })?;
            chain.push(certificate);
        }
        let (Some(first), Some(ca)) = (blocks.first(), chain.first()) else {
            return Err(mistake(&place, "there is no certificate in it; give the CA's"));
        };
        signs(ca, clock::now()).map_err(|what| mistake(&place, what))?;
        in_order(&chain).map_err(|what| mistake(&place, what))?;
        let key = key(&signer.ca_key)?;
        if key.der_bytes() != &*ca.public_key().subject_public_key.data {
            let what =
                format!("it is not the key of the first certificate in {place}; give the key of the CA that signs");
            return Err(mistake(signer.ca_key.display(), what));
        }
        let end = ca.validity().not_after.timestamp();
        let constraints = ca.basic_constraints().ok().flatten();
        Ok(Self {
            subject: ca.subject().as_raw().to_vec(),
            chain: blocks.iter().zip(&chain).filter(|(_, it)| !is_root(it)).map(|(block, _)| pem(block)).collect(),
            not_after: UnixTime::from_secs(end.try_into().unwrap_or_default()),
            may_sign_authorities: constraints.and_then(|it| it.value.path_len_constraint) != Some(0),
            issuer: Issuer::from_ca_cert_der(&first.contents().into(), key)
                .map_err(|error| mistake(&place, format!("{error}; use a CA with a plain name")))?,
        })
    }
}

fn is_root(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

fn pem(block: &Pem) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&Pem::new(CERTIFICATE, block.contents()), config)
}

/// Whether it is a CA that may sign now.
fn signs(ca: &X509Certificate<'_>, now: UnixTime) -> Result<(), String> {
    let (begin, end) = (ca.validity().not_before.timestamp(), ca.validity().not_after.timestamp());
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let readable = |time: i64| clock::readable(UnixTime::from_secs(time.try_into().unwrap_or_default()));
    if !ca.is_ca() {
        return Err("the first certificate in it is no CA's (basicConstraints); give a CA that signs".into());
    }
    if ca.key_usage().ok().flatten().is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("the CA's key usage does not allow it to sign certificates (keyCertSign); use another CA".into());
    }
    if ca.subject().iter().any(|part| part.iter().count() != 1) {
        return Err("the CA's name has several values in one part; use a CA with a plain name".into());
    }
    if end <= now {
        return Err(format!("the CA ended at {}; make a new one, or see whether this clock is right", readable(end)));
    }
    if begin > now {
        return Err(format!("the CA begins at {} only; see whether this clock is right", readable(begin)));
    }
    Ok(())
}

/// Whether each certificate was signed by the next.
fn in_order(chain: &[X509Certificate<'_>]) -> Result<(), String> {
    for ((number, below), above) in (1..).zip(chain).zip(chain.iter().skip(1)) {
        let signed = below.verify_signature(Some(above.public_key()));
        // A signature of a kind that is not known here is left to those who know it.
        let wrong = matches!(signed, Err(X509Error::SignatureVerificationError));
        if below.issuer().as_raw() != above.subject().as_raw() || wrong {
            let next = number + 1;
            return Err(format!(
                "certificate {next} in it did not sign certificate {number}; put the CA that signs first, then the one \
                 that signed it, and so on"
            ));
        }
    }
    Ok(())
}

/// The certificates of a PEM file.
fn certificates(path: &Path) -> Result<Vec<Pem>, Failure> {
    let (_, blocks) = blocks(path, "openssl x509 -inform der")?;
    Ok(blocks.into_iter().filter(|block| matches!(block.tag(), CERTIFICATE | "X509 CERTIFICATE")).collect())
}

/// The key of a PEM file.
fn key(path: &Path) -> Result<KeyPair, Failure> {
    let (file, blocks) = blocks(path, "openssl pkcs8 -topk8 -nocrypt -inform der")?;
    let wrong = |what: &str| mistake(file.place(), what);
    let mut keys = blocks.into_iter().filter(|block| block.tag().ends_with("PRIVATE KEY"));
    let Some(block) = keys.next() else {
        return Err(wrong("there is no private key in it; give the CA's key, in PEM"));
    };
    let (tag, legacy) = (block.tag().to_owned(), block.headers().get("DEK-Info").is_some());
    let der = Zeroizing::new(block.into_contents());
    if keys.next().is_some() {
        return Err(wrong("there is more than one private key in it; leave the CA's only"));
    }
    if legacy || tag == "ENCRYPTED PRIVATE KEY" {
        let what =
            "the key is encrypted; take the passphrase off a copy: `openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW`";
        return Err(wrong(what));
    }
    if tag != "PRIVATE KEY" {
        let what = "is not PKCS#8; convert it: `openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW`";
        return Err(wrong(&format!("the block `{tag}` {what}")));
    }
    // What the parser says of it is not passed on: nothing of a key is.
    KeyPair::try_from(der.as_slice()).map_err(|_| {
        wrong("the key cannot be used; it must be whole, and RSA of 2048 to 4096 bits, P-256, P-384 or Ed25519")
    })
}

fn blocks(path: &Path, convert: &str) -> Result<(TextFile, Vec<Pem>), Failure> {
    let file = TextFile::open(path, LIMIT).map_err(|error| {
        if is_der(path) {
            mistake(path.display(), format!("it is DER; convert it to PEM: `{convert}`"))
        } else {
            error.into()
        }
    })?;
    // The parser passes over a block without an end.
    let begun = file.text().matches("-----BEGIN ").count();
    match pem::parse_many(file.text_without_mark()) {
        Ok(blocks) if blocks.len() == begun => Ok((file, blocks)),
        _ => {
            let what = "it is not whole PEM: a BEGIN or END line or the text between is damaged; copy it again";
            Err(mistake(file.place(), what))
        }
    }
}

/// Whether a file that is no text begins like a certificate or a key in binary.
fn is_der(path: &Path) -> bool {
    let mut start = [0; 2];
    let read = path.is_file().then(|| File::open(path).and_then(|mut file| file.read_exact(&mut start)));
    matches!(read, Some(Ok(()))) && matches!(start, [0x30, 0x30 | 0x81..=0x84])
}
