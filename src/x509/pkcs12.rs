//! A .pfx without a password, as one of the agents has it.

use super::pem::SIZE_LIMIT;
use crate::{error::CertificateProblem as Problem, secret::SecretBytes};
use alloc::{borrow::ToOwned as _, vec::Vec};
use p12_keystore::{Pkcs12Archive, error::Error};
use std::panic::catch_unwind;

/// Every certificate, and the one key in PKCS#8. The reader's own copy of the key is not wiped: it offers no way to.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, SecretBytes), Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if bytes.len() > SIZE_LIMIT {
        return Err(Problem::TooLarge { limit: SIZE_LIMIT });
    }
    // Its reader panics for parameters that nobody chooses: scrypt at no cost, an initial vector that is too short. They
    // may stand in what only it decrypts.
    let read = catch_unwind(|| Pkcs12Archive::from_pkcs12(bytes, "")).map_err(|_| Problem::Pkcs12)?;
    let archive = read.map_err(|error| match error {
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::x509::PrivateKey;
    use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKeyChain};

    /// A file with these keys and no certificate.
    fn file(pems: &[&[u8]]) -> Vec<u8> {
        let mut store = KeyStore::new();
        for (alias, pem) in ["one", "two"].into_iter().zip(pems) {
            let key = PrivateKey::from_pem(pem, None).unwrap();
            let key = p12_keystore::PrivateKey::from_der(key.expose_pkcs8()).unwrap();
            let chain = PrivateKeyChain::new(alias.as_bytes().to_vec(), key, []);
            store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(chain));
        }
        store.writer("").encryption_iterations(1).mac_iterations(1).write().unwrap()
    }

    #[test]
    fn a_file_has_one_key() {
        let p256 = include_bytes!("../../tests/x509/data/p256.pkcs8.pem").as_slice();
        let ed25519 = include_bytes!("../../tests/x509/data/ed25519.pem").as_slice();
        let problem = |pems: &[&[u8]]| read(&file(pems)).err();
        assert_eq!(problem(&[]), Some(Problem::NoKey));
        assert_eq!(problem(&[p256]), None);
        assert_eq!(problem(&[p256, ed25519]), Some(Problem::SecondKey));
    }
}
