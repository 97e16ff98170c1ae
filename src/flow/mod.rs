//! The exchanges with the provisioning service and the hub: requests, responses, and the machines that join them.

mod action;
pub(crate) mod attempt;
pub mod authenticator;
mod changes;
mod connection_profile;
pub mod device_mode;
pub mod dps;
pub mod exchange;
pub mod http;
pub mod identity_service;
mod issuance;
mod json_members;
mod json_text;
pub mod local;
mod next;
pub mod outcome;
pub mod plan;
mod refusal;
mod registration_state;
pub mod renewal;
mod retry;
pub mod workload;
