//! HTTP/1.1, as far as clients of a REST interface require it.

mod answer;
mod back_end;
mod chunked;
mod receive;
mod request;
mod route;
mod serve;
mod websocket;

pub(crate) use receive::receive;
pub(crate) use request::{Head, parse};
pub(crate) use route::segments;
pub(crate) use serve::serve;
