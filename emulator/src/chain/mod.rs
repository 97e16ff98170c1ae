//! Certificates that clients present: their content, and whether they lead to a trust anchor.

mod facts;
mod issuer;
mod thumbprint;
mod verify;

pub(crate) use facts::Facts;
pub(crate) use thumbprint::{Thumbprint, ThumbprintKind};
pub(crate) use verify::{Certificates, lead};
