//! What touches files, sockets, clocks or a heavy dependency. Nothing outside this folder imports it.

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(any(feature = "agent", feature = "private-key", feature = "store"))]
mod file_read;
#[cfg(feature = "http")]
mod http_types;
#[cfg(feature = "https")]
pub mod https;
#[cfg(any(feature = "https", feature = "local-signer"))]
mod jitter;
#[cfg(feature = "local-signer")]
pub mod local_signer;
#[cfg(any(
    feature = "agent",
    feature = "https",
    feature = "store",
    feature = "private-key",
    all(feature = "tpm", feature = "std")
))]
mod open_files;
#[cfg(feature = "private-key")]
pub mod private_key;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "tpm")]
pub mod tpm;
#[cfg(feature = "x509")]
pub mod x509;
