//! Requests to the services, their decisions and answers.

mod back_end;
mod call;
mod connections;
pub(crate) mod credentials;
mod decide;
mod device;
mod devices;
mod enrollment_body;
mod enrollments;
mod identity;
mod mail;
mod messages;
mod methods;
mod module;
mod module_write;
mod provisioning;
#[cfg(test)]
mod provisioning_tests;
mod shared;
mod twins;

pub(crate) use back_end::AskBackEnd;
pub(crate) use call::call_method;
pub(crate) use connections::Standing;
pub(crate) use device::{AskDevice, Receipt, receive_message, send_message, settle_message};
pub(crate) use devices::{delete_device, list_devices, read_device, write_device};
pub(crate) use enrollment_body::Kind;
pub(crate) use enrollments::{
    delete_enrollment, delete_registration, enrollment_json, enrollment_keys, list_enrollments, list_registrations,
    read_enrollment, read_registration, write_enrollment,
};
pub(crate) use identity::new_key;
pub(crate) use mail::Letter;
pub use messages::Message;
pub(crate) use module::{AskModule, list_modules, read_module};
pub(crate) use module_write::{delete_module, write_module};
pub(crate) use provisioning::provision;
pub(crate) use shared::{Shared, State, TICK};
pub(crate) use twins::{TwinVerb, invoke, twin};
