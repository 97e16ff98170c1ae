//! A certificate chain as a service has issued it.

use alloc::vec::Vec;
use core::fmt;

/// The certificates that a service has issued for a certificate signing request: the leaf first, each next one issued the
/// one before it. At least one.
///
/// A service gives them once, so they have to be on the disk before anything else is done. Nothing about them is checked yet:
/// `x509::judge` does that.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedChain(Vec<Vec<u8>>);

impl IssuedChain {
    /// From certificates in DER, as a store has kept them. `None` when there are none.
    #[must_use]
    pub fn from_der(certificates: Vec<Vec<u8>>) -> Option<Self> {
        (!certificates.is_empty()).then_some(Self(certificates))
    }

    /// From base64 texts, as a service sends them. `None` when there are none, or one of them is not base64.
    #[cfg(feature = "flows")]
    pub(crate) fn from_base64(texts: &[alloc::string::String]) -> Option<Self> {
        let decoded = |text: &alloc::string::String| {
            let bytes = crate::base::encode::from_base64(text).ok()?;
            (!bytes.expose().is_empty()).then(|| bytes.expose().to_vec())
        };
        Self::from_der(texts.iter().map(decoded).collect::<Option<_>>()?)
    }

    /// Each certificate in DER, the leaf first.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.0
    }
}

impl fmt::Debug for IssuedChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedChain({} certificates)", self.0.len())
    }
}
