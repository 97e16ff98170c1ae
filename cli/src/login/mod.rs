//! Running a plan, and logging in at the hub.

pub(crate) mod causes;
pub(crate) mod credential_name;
pub(crate) mod described_token;
pub(crate) mod hub;
pub(crate) mod refusal;
pub(crate) mod registered;
mod retry;
pub(crate) mod run;
pub(crate) mod subject;
pub(crate) mod version;
