//! The subcommands: each file has the arguments of one and what it does.

pub(crate) mod authenticate;
pub(crate) mod certificate;
pub(crate) mod derive_key;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod login;
pub(crate) mod provision;
pub(crate) mod token;
pub(crate) mod tpm;
pub(crate) mod twin;
pub(crate) mod verify_token;
