//! SAS tokens for Azure IoT Hub and the Device Provisioning Service, without an allocator.
//!
//! A [`Signer`] is made of a [`Key`] and of a [`Head`]: the beginning of the token, which names the resource and which the
//! caller's buffer holds. It writes as many tokens as are wanted into a buffer of the caller's.
//!
//! ```
//! use defender_auth_signer::{Head, Key, Signer};
//!
//! let key = Key::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")?;
//! let mut head = [0; 128];
//! let head = Head::module("contoso.azure-devices.net", "dev-1", "azureiotsecurity", &mut head)?;
//! let signer = Signer::new(&key, head);
//!
//! let mut token = [0; 256];
//! let token = signer.token_into(1_700_003_600, &mut token)?; // seconds since 1970: when it expires
//! assert!(token.starts_with("SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-1%2Fmodules%2F"));
//! # Ok::<_, Box<dyn core::error::Error>>(())
//! ```
//!
//! A token costs two compressions of SHA-256 (three for 18 of 64 lengths of the resource), because everything before the expiry
//! is hashed when the signer is made. The crate `defender-auth` signs with [`prepared`] too; it checks names and keys more
//! thoroughly than this crate does, and explains what is wrong with them.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate std;

mod head;
mod hmac;
mod key;
pub mod many;
pub mod prepared;
mod signer;
pub mod stack;
pub mod text;

pub use head::Head;
pub use hmac::{PreparedKey, State, block};
pub use key::{InvalidKey, Key};
pub use signer::Signer;

/// The buffer is smaller than the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text needs {needed} bytes; pass a larger buffer")]
pub struct BufferTooSmall {
    /// Length of the text in bytes.
    pub needed: usize,
}
