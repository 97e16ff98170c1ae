//! A .pfx without a password, as one of the agents has it.

use super::pem::SIZE_LIMIT;
use crate::{error::CertificateProblem as Problem, secret::SecretBytes};
use alloc::{borrow::ToOwned as _, vec::Vec};
use p12_keystore::{Pkcs12Archive, error::Error};

/// Every certificate, and the one key in PKCS#8. The reader's own copy of the key is not wiped: it offers no way to.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, SecretBytes), Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if bytes.len() > SIZE_LIMIT {
        return Err(Problem::TooLarge { limit: SIZE_LIMIT });
    }
    let archive = Pkcs12Archive::from_pkcs12(bytes, "").map_err(|error| match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => Problem::Pkcs12Password,
        _ => Problem::Pkcs12,
    })?;
    let key = match archive.keys.as_slice() {
        [] => return Err(Problem::NoKey),
        [bag] => SecretBytes::copy_of(bag.key.as_der()),
        [..] => return Err(Problem::SecondKey),
    };
    let certificates = archive.certs.iter().map(|bag| bag.cert.as_der().to_owned()).collect();
    Ok((certificates, key))
}
