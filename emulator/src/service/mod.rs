//! Requests to the services, their decisions and answers.

mod call;
mod connections;
pub(crate) mod credentials;
mod decide;
mod device;
mod mail;
mod messages;
mod methods;
mod module;
mod module_write;
mod provisioning;
#[cfg(test)]
mod provisioning_tests;
mod shared;

pub(crate) use call::call_method;
pub(crate) use connections::Standing;
pub(crate) use device::{AskDevice, Receipt, receive_message, send_message, settle_message};
pub(crate) use mail::Letter;
pub use messages::Message;
pub(crate) use module::{AskModule, list_modules, read_module};
pub(crate) use module_write::{delete_module, write_module};
pub(crate) use provisioning::provision;
pub(crate) use shared::{Shared, TICK};
