//! The command line as a whole.

pub(crate) mod arguments;
pub(crate) mod misplaced;
pub(crate) mod mistake;
