//! The twin of a device or module.

mod document;
mod property;

pub(crate) use document::Twin;
