//! The password of a file, in the two forms in which it is used.

use crate::base::secret::SecretBytes;
use core::str;

/// A password, or one of the two that stand for none.
#[derive(Clone)]
pub(super) struct Password {
    /// In UTF-16, big-endian, with a zero at its end (RFC 7292, section B.1): for PKCS#12's own derivation.
    pub(super) own: SecretBytes,
    /// As it was given: for PBES2.
    pub(super) plain: SecretBytes,
    pub(super) is_given: bool,
}

impl Password {
    /// One that was given. `None` when it is not text.
    pub(super) fn given(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        let units = || text.encode_utf16().chain([0]);
        let mut own = SecretBytes::zeros(2 * units().count());
        let places = own.expose_mut().as_chunks_mut::<2>().0;
        places.iter_mut().zip(units()).for_each(|(place, unit)| *place = unit.to_be_bytes());
        Some(Self { own, plain: SecretBytes::copy_of(bytes), is_given: true })
    }

    /// An empty password: nothing but the zero that ends every password.
    pub(super) fn empty() -> Self {
        Self::none(&[0, 0])
    }

    /// No password at all, as other tools write an empty one.
    pub(super) fn absent() -> Self {
        Self::none(&[])
    }

    fn none(own: &[u8]) -> Self {
        Self { own: SecretBytes::copy_of(own), plain: SecretBytes::copy_of(&[]), is_given: false }
    }
}
