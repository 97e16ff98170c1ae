//! A running emulator: its listeners, and what can be changed and observed while it runs.

mod authority;
mod control;
mod devices;
mod handshake;
mod listener;
mod places;
mod possession;
#[doc(hidden)]
pub mod rehearsal;
mod verifier;

pub use control::ChangeError;
pub use listener::{Emulator, StartError};
pub use possession::PossessionError;
