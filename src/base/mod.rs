//! What every layer uses and what uses none of them: time, secrets, text encodings, payloads and waits.

mod date;
pub(crate) mod debug;
pub(crate) mod der;
mod duration;
pub(crate) mod encode;
pub(crate) mod one_line;
pub mod payload;
mod release;
pub mod secret;
pub(crate) mod text;
pub(crate) mod time;
pub mod wait;
