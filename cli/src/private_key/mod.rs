//! Private keys by their names: in files, in a TPM, in a token, in a process that signs.

pub(crate) mod name;
pub(crate) mod options;
pub(crate) mod token;
