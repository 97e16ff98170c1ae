//! Thumbprints, in the form that the portal and the services use.

use crate::error::CertificateProblem;
use alloc::string::String;
use core::{fmt, str::FromStr};
use ring::digest;

/// The hash of a certificate. Displayed as the portal requires it: upper-case hexadecimal without colons.
///
/// ```
/// use defender_auth::x509::Thumbprint;
///
/// let shown: Thumbprint = "3e:b6:40:8e:b4:87:b9:02:83:51:6f:ae:49:d7:6e:55:91:1e:1f:71".parse()?;
/// assert_eq!(shown.to_string(), "3EB6408EB487B90283516FAE49D76E55911E1F71");
/// # Ok::<_, defender_auth::error::CertificateProblem>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thumbprint {
    /// 40 digits. An Azure registration that holds one holds no SHA-256 beside it.
    Sha1([u8; 20]),
    /// 64 digits.
    Sha256([u8; 32]),
}

impl Thumbprint {
    pub(crate) fn sha1(der: &[u8]) -> Self {
        Self::Sha1(hash(&digest::SHA1_FOR_LEGACY_USE_ONLY, der))
    }

    pub(crate) fn sha256(der: &[u8]) -> Self {
        Self::Sha256(hash(&digest::SHA256, der))
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }
}

fn hash<const N: usize>(algorithm: &'static digest::Algorithm, der: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    // As long as the array, both ways.
    bytes.iter_mut().zip(digest::digest(algorithm, der).as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// Reads either case, with or without colons or spaces between.
impl FromStr for Thumbprint {
    type Err = CertificateProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).take(65).collect();
        let digits = digits.trim_ascii();
        match digits.len() {
            40 => bytes(digits).map(Self::Sha1),
            64 => bytes(digits).map(Self::Sha256),
            _ => None,
        }
        .ok_or(CertificateProblem::Thumbprint)
    }
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for (to, [high, low]) in bytes.iter_mut().zip(digits.as_bytes().as_chunks::<2>().0) {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *to = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_has_40_or_64_digits() {
        for length in [40, 64] {
            let text = "0f".repeat(length / 2);
            let read: Thumbprint = text.parse().unwrap();
            assert!(read.as_bytes().iter().all(|byte| *byte == 0x0f) && read.as_bytes().len() == length / 2);
        }
        for length in [0, 2, 39, 41, 63, 65, 128] {
            assert_eq!("0".repeat(length).parse::<Thumbprint>(), Err(CertificateProblem::Thumbprint), "{length}");
        }
    }

    #[test]
    fn a_thumbprint_has_no_other_characters() {
        for digits in ["g", "-", "+", "\0", "\u{7f}"] {
            assert_eq!(digits.repeat(40).parse::<Thumbprint>(), Err(CertificateProblem::Thumbprint), "{digits}");
        }
        // 40 bytes, 20 characters.
        assert_eq!("é".repeat(20).parse::<Thumbprint>(), Err(CertificateProblem::Thumbprint));
    }
}
