//! What the JSON of both interfaces has in common.

use crate::{
    base::encode,
    error::{Error, ProtocolError, ProtocolProblem},
    key::Signature,
};
use alloc::vec::Vec;
use serde::Deserialize;

/// Reads a message.
pub(crate) fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(json).map_err(|_| ProtocolError::new("body", ProtocolProblem::Unreadable).into())
}

/// A member that has to be there.
pub(crate) fn field<T>(name: &'static str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| ProtocolError::new(name, ProtocolProblem::Missing).into())
}

/// The bytes of a member in base64.
pub(crate) fn bytes_of(name: &'static str, text: Option<&str>) -> Result<Vec<u8>, Error> {
    let bytes = encode::from_base64(field(name, text)?);
    bytes.map(|bytes| bytes.expose().to_vec()).map_err(|_| unreadable(name))
}

/// The signature of a token, in base64.
pub(crate) fn signature_of(name: &'static str, text: Option<&str>) -> Result<Signature, Error> {
    Signature::try_from(bytes_of(name, text)?.as_slice()).map_err(|_| unreadable(name))
}

fn unreadable(name: &'static str) -> Error {
    ProtocolError::new(name, ProtocolProblem::Unreadable).into()
}
