//! What the emulator decided, and why it refused.

mod codes;
mod entry;
mod log;
mod record;
mod refusal;
mod summary;

pub use entry::Entry;
pub use log::Journal;
pub(crate) use record::About;
pub use record::Record;
pub use refusal::Refusal;
