//! The command line as a whole.

pub(crate) mod arguments;
#[cfg(test)]
mod former;
pub(crate) mod misplaced;
pub(crate) mod mistake;
mod pages;
