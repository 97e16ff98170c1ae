//! Daemons of the device that hold the keys and sign for the agent: what their two interfaces have in common.
//!
//! The [workload API](crate::workload) of IoT Edge signs for modules, the [identity service](crate::identity_service) for
//! the other programs of the host. Both speak HTTP over a Unix socket. A [`Task`] is one thing that a daemon does for the
//! agent; like every machine of this library it opens no socket:
//!
//! ```text
//! start ---> Send --Answered---> Done | Send (the next request)      rejected -----> Failed
//!            Send --Unanswered-> Wait                                too often ----> Failed
//!            Send --NotReached-----------------------------------------------------> Failed
//!            Wait --Elapsed----> Send
//! ```
//! The workload API takes ten requests at a time and closes a further connection without an answer, so that no answer is a
//! reason to wait and to send the request again.
//!
//! ```
//! use core::time::Duration;
//! use defender_auth::{Now, UnixTime, http::Response, sas::{Resource, StringToSign}};
//! use defender_auth::{local::{Action, Event}, workload::Workload};
//!
//! // Inside a module: |name| std::env::var(name).ok()
//! let environment = |name: &str| Some(match name {
//!     "IOTEDGE_WORKLOADURI" => "unix:///var/run/iotedge/workload.sock",
//!     "IOTEDGE_IOTHUBHOSTNAME" => "contoso.azure-devices.net",
//!     "IOTEDGE_DEVICEID" => "dev-01",
//!     "IOTEDGE_MODULEID" => "azureiotsecurity",
//!     "IOTEDGE_MODULEGENERATIONID" => "638000000000000000",
//!     _ => return None,
//! }.into());
//! let workload = Workload::from_environment(environment)?;
//!
//! let now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::from_secs(5) };
//! let string = StringToSign::new(Resource::of(workload.identity()), now.wall + Duration::from_secs(3600));
//! let mut task = workload.sign(&string, now, Duration::from_secs(60));
//! let signature = loop {
//!     match task.poll() {
//!         Action::Send(_request) => {
//!             let body = br#"{"digest":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}"#;
//!             task.handle(now, Event::Answered(Response::new(200, body)))?; // what came over the socket
//!         }
//!         Action::Wait(_wait) => task.handle(now, Event::Elapsed)?, // after a sleep
//!         _ => break task.into_answer()?,
//!     }
//! };
//! let token = string.token(&signature);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod ask;
mod endpoint;
mod message;
mod request;
mod task;

pub use ask::Ask;
pub use endpoint::{Endpoint, EndpointError};
pub(crate) use message::{bytes_of, field, read, signature_of};
pub use request::Request;
pub(crate) use task::sealed::Sealed;
pub use task::{Action, Event, Next, Obstacle, Question, Task};
