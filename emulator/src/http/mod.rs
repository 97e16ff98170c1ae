//! HTTP/1.1, as far as clients of a REST interface require it.

mod answer;
mod chunked;
mod request;
mod route;
mod serve;
mod websocket;

#[cfg(target_os = "linux")]
pub(crate) use request::{Head, parse};
pub(crate) use serve::serve;
