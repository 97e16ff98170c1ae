//! Errors: immutable.

pub(crate) mod object;
mod read;

pub use object::Error;
pub use read::*;
