//! `FILE|URI`: the name of a private key.

use clap::builder::{OsStringValueParser, TypedValueParser};
use defender_auth::{error::KeyLocationError, private_key::Location};
use std::{ffi::OsString, path::Path};

/// Reads it from an argument. A path need not be UTF-8.
pub(crate) fn parser() -> impl TypedValueParser<Value = Location> {
    OsStringValueParser::new().try_map(|text: OsString| match text.to_str() {
        Some(text) => text.parse::<Location>(),
        None => Ok::<_, KeyLocationError>(Location::File(text.into())),
    })
}

/// The file that it names, if it names one.
pub(crate) fn file(location: &Location) -> Option<&Path> {
    match location {
        Location::File(path) | Location::TpmFile { path, .. } => Some(path),
        _ => None,
    }
}
