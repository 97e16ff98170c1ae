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
#[cfg(feature = "operational")]
mod noting;
mod object;
mod operation;
mod renewal;
mod usable;
mod views;

pub use certificates::*;
pub use kept::*;
#[cfg(not(feature = "operational"))]
pub(crate) use machine::Noting;
pub(crate) use machine::is_available;
#[cfg(all(feature = "operational", feature = "session"))]
pub(crate) use machine::number;
#[cfg(feature = "mqtt")]
pub(crate) use machine::{curve, root};
#[cfg(feature = "operational")]
pub(crate) use noting::Noting;
pub use object::{Certificates, Renewal};
pub use operation::*;
pub use renewal::*;
pub(crate) use usable::{Unanswered, Usable};
