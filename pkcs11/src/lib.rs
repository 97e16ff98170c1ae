//! Private keys in PKCS#11 tokens: TLS client certificates and certificate requests whose key never leaves its token.
//!
//! ```no_run
//! use defender_auth::credential::{ClientCertificate, Issuer};
//! use defender_auth_pkcs11::{TokenKey, Uri};
//! use std::sync::Arc;
//! # fn chain() -> Vec<Vec<u8>> { unimplemented!() }
//!
//! let uri: Uri = "pkcs11:token=agent;object=device-key?module-name=softhsm2&pin-source=/etc/agent/pin".parse()?;
//! let key = TokenKey::open(&uri)?;
//! let certificate = ClientCertificate::with_private_key(chain(), Arc::new(key), Issuer::Authority);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a process has to know
//!
//! - A module is a shared library and runs in this process: `module-path` is to be trusted as a program is. It is loaded
//!   by `dlopen`, which a statically linked program does not have.
//! - Tokens count wrong PINs, and a PIN behind a TPM may lock the whole TPM. A PIN that was not accepted is not tried
//!   again in the life of the process, and none is tried when the token has one attempt left.
//! - Modules do not survive `fork`: what is opened before it is refused in the child. A program that forks opens its keys
//!   afterwards.
//! - Modules and the login are the process's: other code of it may use the same token. This crate initializes a module
//!   that is not, and finalizes only what it initialized, when a token was away and does not come back otherwise.
//!
//! # Licence
//!
//! The crate `cryptoki` is licensed under Apache-2.0 alone. A program with this crate carries that licence's terms, which
//! the rest of the library does not require.

#![forbid(unsafe_code)]

mod attempts;
mod cause;
mod error;
mod generate;
mod key;
mod mechanism;
mod module;
mod module_file;
mod object;
mod opened;
mod pin;
mod process;
mod public_key;
mod token;
mod uri;
mod uri_error;

pub use cause::Cause;
pub use error::Error;
pub use generate::KeyKind;
pub use key::{Access, TokenKey};
pub use uri::Uri;
pub use uri_error::{UriError, ValueProblem};

/// The README's code is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
