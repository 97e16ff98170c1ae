//! The C library under any sequence of calls, with every kind of pointer that C can pass: NULL where it is allowed and where
//! it is not, buffers of every size, texts that contain a NUL. Nothing is used after it was freed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a violated property panics"
)]
#![allow(clippy::vec_box, reason = "C owns boxes")]
#![allow(clippy::wildcard_imports, reason = "the names of the C functions have a prefix")]

mod authenticator;
mod call;
mod held;
mod key;
mod memory;
mod operational;
mod private_key;
mod session;
mod setting;

use call::Call;
use held::Held;

/// The largest number of calls.
const CALLS: usize = 60;

/// Every call returns a result of the header, writes what the header says, and nothing else.
pub fn check(data: &[u8]) {
    let mut held = Held::default();
    for call in data.split(|byte| *byte == b'\n').take(CALLS).filter_map(Call::read) {
        match call.function {
            b'a'..=b'h' => held.with_keys(&call),
            b'i'..=b'r' => held.with_settings(&call),
            b'0'..=b'9' => held.with_sessions(&call),
            b'G'..=b'J' => held.with_certificates(&call),
            b'K' => held.with_private_keys(&call),
            _ => held.with_authenticators(&call),
        }
    }
    held.free();
}
