//! The public key of a text.

use super::{chain::Chain, key_kind, pem::blocks};
use crate::{
    error::{CertificateError, CertificateProblem as Problem},
    key::PublicKey,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _, x509::SubjectPublicKeyInfo};

/// The public key in a PEM text: its first block `PUBLIC KEY`, or that of the leaf of its certificates.
///
/// For an implementation of [`key::PrivateKey`](crate::key::PrivateKey) whose holder does not give it.
///
/// # Errors
/// When there is neither, when it cannot be read, and when it is not on P-256 or P-384, or RSA.
pub fn public_key_from_pem(text: &[u8]) -> Result<PublicKey, CertificateError> {
    let blocks = blocks(text)?;
    if let Some(block) = blocks.iter().find(|block| block.name.label == "PUBLIC KEY") {
        let read = SubjectPublicKeyInfo::from_der(block.der()?).map_err(|_| Problem::Key);
        return read.and_then(|(_, info)| of(&info)).map_err(|problem| block.error(problem));
    }
    let chain = Chain::from_blocks(&blocks)?;
    let leaf = chain.leaf().and_then(|leaf| X509Certificate::from_der(leaf.der()).ok());
    let (_, leaf) = leaf.ok_or(Problem::Certificate)?;
    Ok(of(leaf.public_key())?)
}

fn of(info: &SubjectPublicKeyInfo<'_>) -> Result<PublicKey, Problem> {
    PublicKey::from_der(info.raw).ok_or_else(|| {
        let kind = key_kind::unsupported(info);
        Problem::KeyKind { kind: kind.unwrap_or_else(|| key_kind::name(info.algorithm.algorithm.to_id_string())) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    macro_rules! data {
        ($name:literal) => {
            include_str!(concat!("../../../tests/x509/data/", $name))
        };
    }

    fn problem(text: &str) -> Problem {
        public_key_from_pem(text.as_bytes()).unwrap_err().problem
    }

    #[test]
    fn a_public_key_and_a_certificate_of_it_are_the_same_key() {
        let (alone, certificate) = (data!("p256.public.pem"), data!("p256.certificate.pem"));
        let key = public_key_from_pem(alone.as_bytes()).unwrap();
        assert_eq!(public_key_from_pem(certificate.as_bytes()).unwrap(), key);
        let both = [data!("sha1.certificate.pem"), alone].concat();
        assert_eq!(public_key_from_pem(both.as_bytes()).unwrap(), key, "the key itself comes first");
    }

    #[test]
    fn what_has_no_public_key_or_one_that_is_not_supported_is_refused() {
        assert!(matches!(problem(data!("p521.certificate.pem")), Problem::KeyKind { kind } if kind == "P-521"));
        let broken: String = data!("p256.public.pem").replace("MFkw", "MFkx");
        assert!(matches!(problem(&broken), Problem::Key), "{}", problem(&broken));
        let error = public_key_from_pem(data!("p256.pkcs8.pem").as_bytes()).unwrap_err();
        assert!(format!("{error}").contains("certificate"), "{error}");
    }
}
