//! A .pfx without a password, as one of the agents has it (RFC 7292).
//!
//! What whoever wrote the file can make this device do is bounded: no more contents and bags than a PEM text has blocks,
//! and no more work for all of them together than for one encrypted key. What is not needed is not decrypted: secrets,
//! lists of revoked certificates and contents within contents are passed over, and a second key is refused unopened.

mod bags;
mod budget;
mod decrypt;
mod derive;
mod mac;
mod structure;

use super::pem::{BLOCK_LIMIT, SIZE_LIMIT};
use crate::{base::secret::SecretBytes, error::CertificateProblem as Problem};
use alloc::vec::Vec;
use bags::Bags;
use budget::Budget;
use decrypt::Sealed;
use pkcs8::der::Decode as _;
use structure::{ContentInfo, Pfx, items};

/// Bags as they stand in the file.
enum Content<'a> {
    Open(&'a [u8]),
    Sealed(Sealed<'a>),
}

/// Every certificate, and the one key in PKCS#8.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, SecretBytes), Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if bytes.len() > SIZE_LIMIT {
        return Err(Problem::TooLarge { limit: SIZE_LIMIT });
    }
    let pfx = Pfx::from_der(bytes).map_err(|_| Problem::Pkcs12)?;
    let mut budget = Budget::new();
    // All that is seen from outside is paid before any of it is done.
    let contents = items(pfx.safe, BLOCK_LIMIT)?.into_iter().map(|content| match content {
        ContentInfo::Data(bags) => Ok(Content::Open(bags)),
        ContentInfo::Encrypted(scheme, bytes) => Sealed::new(scheme, bytes, &mut budget).map(Content::Sealed),
    });
    let contents = contents.collect::<Result<Vec<_>, Problem>>()?;
    // A file need not have a MAC. Its bags say by themselves whether they were decrypted.
    let password = pfx.mac.map_or(Ok(derive::EMPTY), |mac| mac::password(&mac, pfx.safe, &mut budget))?;
    let mut bags = Bags::default();
    for content in contents {
        match content {
            Content::Open(content) => bags.take(content)?,
            Content::Sealed(content) => bags.take(content.open(password)?.expose())?,
        }
    }
    let key = bags.key.ok_or(Problem::NoKey)?.open(password, &mut budget)?;
    Ok((bags.certificates, key))
}
