//! Requests and answers as values. Any HTTP client can carry them, and MQTT can carry those of a registration.

mod name;
mod request;
mod response;

pub use name::{ApiVersion, ApiVersionError, OperationId, OperationIdError};
pub(crate) use request::{Authorization, Registrant};
pub use request::{Operation, Request};
pub use response::{BODY_LIMIT, Response};
