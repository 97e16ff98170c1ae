//! Certificates that clients show: what they say, and whether they lead to an authority.

mod facts;
mod verify;

pub(crate) use facts::Facts;
pub(crate) use verify::{Certificates, lead};
