//! What must not be printed, compared byte by byte, or left in memory.
//!
//! # What remains in memory
//!
//! Keys, passwords, passphrases, connection strings and tokens are kept in memory that is wiped before it is freed, and the
//! stack on which a shared access key was used is wiped after each operation. A process that has used and dropped
//! them holds none of them in any form, except where a dependency keeps a copy that it does not wipe. Such a copy
//! remains in freed memory until something else is written there:
//!
//! | dependency | what it keeps | when |
//! |---|---|---|
//! | `ureq`, `http` | the token of a request, as a header and in a buffer; an answer in a buffer, and so the keys of a module | feature `https` |
//! | `ureq` | the handle of a key that the identity service holds, in a buffer | feature `local-signer` |
//! | `rustls` | what was sent and received, before it is encrypted and after | each TLS connection |
//! | `ring` | the numbers of an RSA key | reading an RSA key; a TLS configuration with a certificate; a `MemoryKey` |
//! | `ring` | what it computes from another key for signing | a TLS configuration with a certificate |
//! | `mqtt-protocol-core` | the token of a login, in its CONNECT packet | `defender-auth-mqtt` |
//! | `tungstenite` | the same in a frame, under a mask that stands before it | `defender-auth-mqtt` over WebSocket |
//!
//! The test `memory` of this crate searches the writable memory of such processes for all of these, and fails when one
//! leaves anything else. It runs each operation on a key alone in a process, in debug and in release.
//!
//! The library cannot wipe what the caller copies: a text made of [`SecretText::expose`], and a
//! [`Signature`](crate::key::Signature), which is `Copy` and proves one token. While a secret is in use it is in memory,
//! and so in a core dump and in swap space: an agent that holds keys turns core dumps off and runs where swap is off or
//! encrypted. Core dumps are prevented by `LimitCORE=1` in its unit (0 is not enough: Linux still pipes the dump to a
//! program that is configured to receive it) or `prctl(PR_SET_DUMPABLE, 0)`, which also prevents other processes of the
//! same user from reading its memory. The library does none of this by itself: these are the process's settings, not a
//! library's. The command `defenderauth` does.

use alloc::{string::String, vec, vec::Vec};
use core::{fmt, mem};
use subtle::ConstantTimeEq as _;
use zeroize::optimization_barrier;

#[cfg(feature = "x509")]
pub(crate) use defender_auth_signer::stack::wipe_stack;
pub(crate) use {
    defender_auth_signer::stack::{on_wiped_stack, on_wiped_stack_of},
    zeroize::Zeroizing,
};

/// Whether two secrets are the same, in a time that depends on their lengths only.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Overwrites a vector and its spare capacity.
fn wipe_all(bytes: &mut Vec<u8>) {
    // At once; the rest of the capacity byte by byte, in a library that is built for size.
    bytes.fill(0);
    bytes.resize(bytes.capacity(), 0);
    optimization_barrier(bytes.as_slice());
}

/// Text with a secret in it: a token, a key in base64, a connection string.
///
/// It is wiped when dropped, hidden in `Debug`, has no `Display`, and is compared in constant time.
#[derive(Clone)]
pub struct SecretText(String);

impl SecretText {
    /// Takes ownership of a text; it is wiped when this value is dropped.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Writes a text of at most `capacity` bytes. A text that grew beyond it would leave its beginning in the memory
    /// from which it was moved.
    pub(crate) fn build(capacity: usize, write: impl FnOnce(&mut String)) -> Self {
        let mut this = Self(String::with_capacity(capacity));
        write(&mut this.0);
        debug_assert!(this.0.len() <= capacity, "{} bytes announced, {} written", capacity, this.0.len());
        this
    }

    /// The text itself: the only way out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        wipe_all(&mut mem::take(&mut self.0).into_bytes());
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// Bytes of a key. Wiped when dropped, compared in constant time, not printable at all.
#[derive(Clone)]
pub(crate) struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Zeros, to be overwritten.
    pub(crate) fn zeros(length: usize) -> Self {
        Self(vec![0; length])
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Removes what follows; it is wiped with the rest.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

#[cfg(any(
    feature = "agent",
    feature = "https",
    feature = "local-signer",
    feature = "private-key",
    feature = "store",
    feature = "tpm"
))]
impl SecretBytes {
    /// Room for bytes that are read from somewhere.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// To read into, not beyond its capacity.
    pub(crate) const fn as_vec_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        wipe_all(&mut self.0);
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for SecretBytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SecretText::new("hush".into())), "SecretText(..)");
    }

    #[test]
    fn secrets_of_different_length_differ() {
        assert!(!same(b"abc", b"abcd"));
        assert!(same(b"abc", b"abc"));
    }

    #[test]
    fn what_was_truncated_is_wiped_too() {
        let mut bytes = b"a secret".to_vec();
        bytes.truncate(1);
        wipe_all(&mut bytes);
        assert!(bytes.len() >= 8 && bytes.iter().all(|byte| *byte == 0));
    }
}
