//! Where services are reached, which servers are trusted, and what carries the requests.

pub(crate) mod endpoint;
mod failures;
pub(crate) mod options;
pub(crate) mod proxy;
pub(crate) mod route;
