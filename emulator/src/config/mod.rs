//! What the emulated services know, from a file or from Rust.

mod builders;
mod certificate;
mod check;
mod credentials;
mod device;
mod dps;
mod endorsement_key;
mod enrollment;
mod error;
mod file;
mod hub;
mod issuing;
mod key;
mod module;
mod policy;
mod root;
mod world;

pub(crate) use certificate::{Authority, Certificate};
pub(crate) use check::{
    check, device as check_device, enrollment as check_enrollment, group as check_group, keys as check_keys,
    module as check_module,
};
pub(crate) use credentials::{Authentication, Credentials, Proof};
pub use device::Device;
pub use dps::Dps;
pub(crate) use endorsement_key::EndorsementKey;
pub(crate) use enrollment::{Assignment, Attestation};
pub use enrollment::{Enrollment, Group};
pub use error::ConfigError;
pub use file::Config;
pub use hub::Hub;
pub(crate) use issuing::Issued;
pub use issuing::{Issuing, KeyType};
pub(crate) use key::Key;
pub use module::Module;
pub use policy::{Permission, Policy};
pub use root::Root;
pub(crate) use root::root_params;
pub use world::{TlsVersions, World};
