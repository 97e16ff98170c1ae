//! A TPM 2.0: its arguments, and its keys.

pub(crate) mod keys;
pub(crate) mod options;
pub(crate) mod setup;
