//! HTTP/1.1, as much of it as clients of a REST interface speak.

mod request;
mod route;
mod serve;

pub(crate) use serve::serve;
