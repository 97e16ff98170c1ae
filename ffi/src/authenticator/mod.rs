//! Authenticators: one run of a plan, from its creation to its outcome. The modules stand in the order of use, which is
//! the order of the functions in the header.

#[cfg(all(feature = "device-mode", not(feature = "flows")))]
#[path = "lookup.rs"]
pub(crate) mod machine;
#[cfg(any(feature = "flows", not(feature = "device-mode")))]
pub(crate) mod machine;
mod object;
mod views;

mod make;

mod another;

mod poll;

mod request;

mod carried;
mod dps_mqtt;

mod answer;

mod daemon;

mod outcome;

pub use another::*;
pub use answer::*;
pub use daemon::*;
pub use dps_mqtt::*;
pub use make::*;
pub use object::Authenticator;
pub use outcome::*;
pub use poll::*;
pub use request::*;
#[cfg(feature = "session")]
pub(crate) use views::number;
