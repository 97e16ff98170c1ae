//! Requests to the services, their decisions and answers.

mod connections;
pub(crate) mod credentials;
mod decide;
mod messages;
mod module;
mod module_write;
mod provisioning;
#[cfg(test)]
mod provisioning_tests;
mod shared;

pub(crate) use connections::Standing;
pub use messages::Message;
pub(crate) use module::{AskModule, list_modules, read_module};
pub(crate) use module_write::{delete_module, write_module};
pub(crate) use provisioning::provision;
pub(crate) use shared::{Shared, TICK};
