//! Operational certificates: requested, issued at a registration, kept, and renewed through the hub.

mod certificates;
pub mod code;
mod given;
#[cfg(not(feature = "operational"))]
#[path = "absent.rs"]
mod machine;
#[cfg(feature = "operational")]
mod machine;
mod renewal;
mod views;

pub use certificates::*;
pub use renewal::*;
