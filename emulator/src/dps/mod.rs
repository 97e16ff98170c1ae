//! The provisioning service: enrollments, claims, challenges and registrations.

mod challenge;
mod claim;
mod listing;
mod registration;
mod request;
mod settle;
mod target;
mod token;

pub(crate) use challenge::Challenges;
pub(crate) use claim::{Checked, Credential, check as check_claim};
pub(crate) use registration::{Means, Registrations};
pub(crate) use request::{Asked, Carrier, Wanted, body, is_registration_id};
