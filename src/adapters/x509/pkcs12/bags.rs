//! What is taken out of the contents of a file.

use super::{
    BLOCK_LIMIT,
    budget::Budget,
    decrypt::Sealed,
    password::Password,
    structure::{CertBag, SafeBag, items},
};
use crate::{adapters::x509::pkcs8::sealed, base::secret::SecretBytes, error::CertificateProblem as Problem};
use alloc::{borrow::ToOwned as _, vec::Vec};
use pkcs8::{ObjectIdentifier, der::Decode as _};

const KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const SHROUDED_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");

#[derive(Default)]
pub(super) struct Bags {
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) key: Option<Key>,
    /// Those that were skipped, too.
    count: usize,
}

impl Bags {
    /// Takes the certificates and the key of one content.
    pub(super) fn take(&mut self, content: &[u8]) -> Result<(), Problem> {
        let bags = items::<SafeBag>(content, BLOCK_LIMIT.saturating_sub(self.count))?;
        self.count += bags.len();
        for bag in bags {
            match bag.kind {
                KEY => self.keep(Key::Open(SecretBytes::copy_of(bag.value)))?,
                SHROUDED_KEY => self.keep(Key::Sealed(SecretBytes::copy_of(bag.value)))?,
                CERTIFICATE => {
                    let CertBag(certificate) = CertBag::from_der(bag.value).map_err(|_| Problem::Pkcs12)?;
                    self.certificates.push(certificate.to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn keep(&mut self, key: Key) -> Result<(), Problem> {
        self.key.replace(key).map_or(Ok(()), |_| Err(Problem::SecondKey))
    }
}

/// A key in PKCS#8, encrypted or not.
pub(super) enum Key {
    Open(SecretBytes),
    Sealed(SecretBytes),
}

impl Key {
    pub(super) fn open(self, password: &Password, budget: &mut Budget) -> Result<SecretBytes, Problem> {
        match self {
            Self::Open(key) => Ok(key),
            Self::Sealed(key) => {
                let (scheme, bytes) = sealed(key.expose()).ok_or(Problem::Pkcs12)?;
                Sealed::new(scheme, bytes, budget)?.open(password)
            }
        }
    }
}
