//! The built-in driver of sessions: HTTPS, MQTT, files and waits. The modules stand in the order of use, which is the order
//! of the functions in the header.

pub mod code;
#[cfg(not(feature = "mqtt"))]
#[path = "absent.rs"]
mod machine;
#[cfg(feature = "mqtt")]
mod machine;
mod object;
mod views;

mod make;

mod next;

mod traffic;

mod control;

pub use control::*;
pub use make::*;
pub use next::*;
pub use object::Driver;
pub use traffic::*;
