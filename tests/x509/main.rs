//! Certificates and keys as openssl writes them, and each mistake with its error.

#![cfg(feature = "x509")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

mod checks;
mod der;
mod files;
mod foreign;
mod judge;
mod limits;
mod links;
mod names;
mod openssl;
mod paths;
mod pkcs12;
mod usable;
mod verify;

/// A file of `data/`, all of which are keys for these tests only.
#[macro_export]
macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("data/", $name)).as_slice()
    };
}
