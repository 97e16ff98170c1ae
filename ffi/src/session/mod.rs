//! Sessions: an agent that stays authenticated. The modules stand in the order of use, which is the order of the functions
//! in the header.

pub mod code;
mod given;
#[cfg(not(feature = "session"))]
#[path = "absent.rs"]
mod machine;
#[cfg(feature = "session")]
mod machine;
mod object;
mod views;

mod sources;

mod policy;

mod make;

mod poll;

mod run_event;

mod event;

mod rotated;

mod exchange;

mod certificates;

mod status;

pub(crate) use machine::{SourceList, Values};

pub use certificates::*;
pub use event::*;
pub use exchange::*;
pub use make::*;
pub use object::Session;
pub use policy::*;
pub use poll::*;
pub use rotated::*;
pub use run_event::*;
pub use sources::*;
pub use status::*;
