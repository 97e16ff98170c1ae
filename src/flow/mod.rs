//! The exchanges with the provisioning service and the hub: requests, responses, and the machines that join them.

pub(crate) mod attempt;
pub mod authenticator;
pub mod device_mode;
pub mod dps;
pub mod exchange;
pub mod http;
mod issuance;
pub mod outcome;
pub mod plan;
mod refusal;
pub mod renewal;
mod retry;
