//! The certificate authority that issues certificates for devices: what it takes, what it issues, and the operations of
//! renewals through a hub.

mod authority;
mod operations;
mod request;

pub(crate) use authority::Authority;
pub(crate) use operations::{Ask, Operations, Reply};
pub(crate) use request::{Request, decode};
