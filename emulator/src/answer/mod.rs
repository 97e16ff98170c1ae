//! What the services answer, whichever way it travels.

mod reply;
mod service;

pub(crate) use reply::{Answer, Ending};
pub(crate) use service::{Service, phrase};
