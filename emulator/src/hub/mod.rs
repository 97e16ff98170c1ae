//! How a hub authenticates devices and modules.

mod certified;
mod login;
mod policy;
mod proof;
mod token;

pub(crate) use certified::{Certified, Nonce, log_in as log_in_certified};
pub(crate) use login::{Admission, Identity, Login, authenticate, log_in};
pub(crate) use policy::permit;
pub(crate) use proof::{Claimant, prove, trusts};
pub(crate) use token::check_token;
