//! Operational certificates: requested, issued at a registration, kept, and renewed through the hub.

mod kept;

mod certificates;
pub mod code;
mod given;
#[cfg(not(feature = "operational"))]
#[path = "absent.rs"]
mod machine;
#[cfg(feature = "operational")]
mod machine;
mod object;
mod renewal;
mod usable;
mod views;

pub use certificates::*;
pub use kept::*;
pub(crate) use machine::is_available;
#[cfg(feature = "mqtt")]
pub(crate) use machine::{curve, root};
pub(crate) use object::Noting;
pub use object::{Certificates, Renewal};
pub use renewal::*;
pub(crate) use usable::{Unanswered, Usable};
