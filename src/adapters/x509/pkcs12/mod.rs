//! PKCS#12 files, with and without a password (RFC 7292).
//!
//! The work that a file can cause is bounded: at most as many contents and bags as a PEM text has blocks, and for all of
//! them together at most as much derivation as for one encrypted key. What is not needed is not decrypted:
//! secrets, lists of revoked certificates and contents within contents are skipped, and a second key is refused unopened.

mod bags;
mod ber;
mod budget;
mod decrypt;
mod derive;
mod mac;
mod password;
mod structure;

use super::{
    foreign,
    pem::{BLOCK_LIMIT, SIZE_LIMIT},
};
use crate::{
    base::secret::{SecretBytes, wipe_stack},
    error::CertificateProblem as Problem,
};
use alloc::vec::Vec;
use bags::Bags;
use budget::Budget;
use decrypt::Sealed;
use password::Password;
use pkcs8::der::Decode as _;
use structure::{ContentInfo, Pfx, items};

/// Bags as they stand in the file.
enum Content<'a> {
    Open(&'a [u8]),
    Sealed(Sealed<'a>),
}

/// Every certificate, and the one key in PKCS#8.
pub(super) fn read(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<(Vec<Vec<u8>>, SecretBytes), Problem> {
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    if bytes.len() > SIZE_LIMIT {
        return Err(Problem::TooLarge { limit: SIZE_LIMIT });
    }
    let given = passphrase.map(|passphrase| Password::given(passphrase).ok_or(Problem::Pkcs12WrongPassword));
    let read = given.transpose().and_then(|given| definite(bytes, |bytes| opened(bytes, given)));
    // What hashes and ciphers computed of the password.
    wipe_stack::<16_384>();
    read.map_err(|problem| match (problem, foreign::format(bytes)) {
        (Problem::Pkcs12, Some(format)) => format.into(),
        (problem, _) => problem,
    })
}

/// Reads these bytes as DER, when they are BER. What is neither is read as it is, and refused.
fn definite<T>(bytes: &[u8], read: impl FnOnce(&[u8]) -> Result<T, Problem>) -> Result<T, Problem> {
    match ber::to_der(bytes) {
        Some(der) => read(der.expose()),
        None => read(bytes),
    }
}

fn opened(bytes: &[u8], given: Option<Password>) -> Result<(Vec<Vec<u8>>, SecretBytes), Problem> {
    let pfx = Pfx::from_der(bytes).map_err(|_| Problem::Pkcs12)?;
    let mut budget = Budget::new();
    definite(pfx.safe, |safe| {
        // All that is seen from outside is paid before any of it is done.
        let contents = items(safe, BLOCK_LIMIT)?.into_iter().map(|content| match content {
            ContentInfo::Data(bags) => Ok(Content::Open(bags)),
            ContentInfo::Encrypted(scheme, bytes) => Sealed::new(scheme, bytes, &mut budget).map(Content::Sealed),
        });
        let contents = contents.collect::<Result<Vec<_>, Problem>>()?;
        let possible: Vec<Password> = given.into_iter().chain([Password::empty(), Password::absent()]).collect();
        // A file need not have a MAC. Its bags show whether they were decrypted.
        let password = match (&pfx.mac, possible.as_slice()) {
            (Some(mac), _) => mac::password(mac, pfx.safe, &possible, &mut budget)?,
            (None, [first, ..]) => first,
            (None, []) => return Err(Problem::Pkcs12),
        };
        let mut bags = Bags::default();
        for content in contents {
            match content {
                Content::Open(content) => definite(content, |content| bags.take(content))?,
                Content::Sealed(content) => {
                    definite(content.open(password)?.expose(), |content| bags.take(content))?;
                }
            }
        }
        let key = bags.key.take().ok_or(Problem::NoKey)?.open(password, &mut budget)?;
        Ok((core::mem::take(&mut bags.certificates), key))
    })
}
