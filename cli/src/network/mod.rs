//! Where services are reached, which servers are trusted, and what carries the requests.

pub(crate) mod endpoint;
mod failed;
pub(crate) mod options;
mod proxy;
pub(crate) mod route;
