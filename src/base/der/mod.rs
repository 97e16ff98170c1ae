//! DER (X.690): the little of it that is read and written here.

mod read;
mod write;

pub(crate) use read::{any, only, take};
pub(crate) use write::{bits, element, unsigned};

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// `NULL`.
pub(crate) const NULL: &[u8] = &[0x05, 0x00];
