//! A running emulator: its listeners, and what can be changed and observed while it runs.

mod accepting;
mod authority;
mod cloud;
mod control;
mod devices;
mod enrollments;
mod handshake;
mod listener;
mod orders;
mod places;
mod possession;
mod proxy;
#[doc(hidden)]
pub mod rehearsal;
mod reload;
mod tls_versions;
mod verifier;

pub(crate) use accepting::Accepting;
pub use control::ChangeError;
pub use listener::{Emulator, StartError};
pub use orders::OrderError;
pub use possession::PossessionError;
pub use proxy::Proxy;
