//! HTTP/1.1, as far as clients of a REST interface require it.

mod request;
mod route;
mod serve;

pub(crate) use serve::serve;
