//! Shared access signatures, in the order in which they are made.
//!
//! ```text
//! Resource --+--> StringToSign --(key, TPM, ...)--> Signature --> SasToken
//!   expiry --+
//! ```
//!
//! Each is a value of its own, so that a TPM or another process that holds the key computes the signature and nothing
//! else. [`Signer`] makes finished tokens for one key and one resource, without allocating.
//!
//! ```
//! use defender_auth::{SharedAccessKey, UnixTime, identity::Identity, sas::{Resource, StringToSign}};
//!
//! let identity = Identity::device("contoso.azure-devices.net".parse()?, "dev+1".parse()?);
//! let string = StringToSign::new(Resource::of(&identity), UnixTime::from_secs(1_700_003_600));
//! assert_eq!(string.as_bytes(), b"contoso.azure-devices.net%2Fdevices%2Fdev%2B1\n1700003600");
//!
//! let key = SharedAccessKey::from_base64("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")?;
//! let signature = key.sign(string.as_bytes()); // or a TPM, or another process
//! assert_eq!(
//!     string.token(&signature).expose(),
//!     "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev%2B1\
//!      &sig=XDVbsBkOrRVQj9sQpO5wBHF39WDyGPodJMLgScafre0%3D&se=1700003600"
//! );
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! The format of a token and the rule that the text after `sr=` is signed as it is written:
//! `Azure/azure-iot-sdk-python:azure-iot-device/azure/iot/device/common/auth/sastoken.py`.

mod coverage;
mod fields;
mod fleet;
mod problem;
mod renewal;
mod resource;
mod signer;
mod string_to_sign;
mod token;
mod verify;

pub use fields::TokenError;
pub use problem::TokenProblem;
pub use renewal::Renewal;
pub use resource::{Audience, Resource, ResourceError};
pub use signer::{BufferTooSmall, Signer};
pub use string_to_sign::StringToSign;
pub use token::SasToken;
pub use verify::VerifyError;
