//! What the emulator decided, and why it refused.

mod entry;
mod log;
mod refusal;

pub use entry::Entry;
pub use log::Journal;
pub use refusal::Refusal;
