//! Renewal of an operational certificate: a connected device sends its hub a certificate signing request, and the hub has a
//! certificate issued, which the device uses from its next connection on.
//!
//! ```text
//! start ---> Subscribe --subscribed--> Publish --published--> Listen --200--> Done
//!                ^                                             |  ^
//!                |                                             |  '--202: 120 s more
//!                |------------------- 409, 412: other `replace`|
//!                |--dropped (in every state)                   |
//!                '--elapsed--- Wait <--429, 5xx, no answer-----'--400, 401, …--> Failed
//! ```
//!
//! [`Renewal`] is a state machine over any MQTT 3.1.1 client. The user name of the connection has the api-version of
//! [`ApiVersion::certificate_renewal`](crate::http::ApiVersion::certificate_renewal)
//! ([`Connect::hub_at`](crate::mqtt::Connect::hub_at)). A hub with the MQTT 5 profile (`connectionProfile`) has no renewal.
//!
//! A hub may have issued a certificate although its answer is lost. So one renewal has one [`RequestId`] and one request, and
//! sends the same again after a lost connection, a lost answer or a restart: keep the private key, the request and the ID on
//! the disk until the certificates are there too: [`Certificates`] is their one value.
//!
//! ```
//! use core::time::Duration;
//! use defender_auth::{Now, UnixTime, credential::CertificateRequest, renewal::{Action, Event, Renewal, RequestId}};
//!
//! # let der = include_bytes!("../../../tests/flows/data/p384.request.der");
//! let request = CertificateRequest::from_der(der)?;
//! let rid = RequestId::from_entropy([7; 16]); // 16 random bytes
//! // A program reads its clocks anew for each event.
//! let now = Now { wall: UnixTime::from_secs(1_790_000_000), monotonic: Duration::from_secs(5) };
//! let mut renewal = Renewal::start(&"dev-01".parse()?, request, rid, now, Duration::from_secs(3600));
//!
//! let Action::Subscribe(filter) = renewal.poll() else { panic!() };
//! assert_eq!(filter, "$iothub/credentials/res/#");
//! renewal.handle(now, Event::Subscribed)?; // when the SUBACK has come
//! let Action::Publish { topic, body } = renewal.poll() else { panic!() };
//! assert!(topic.starts_with("$iothub/credentials/POST/issueCertificate/?$rid=0707") && body.contains("dev-01"));
//! renewal.handle(now, Event::Published)?;
//! assert!(matches!(renewal.poll(), Action::Listen { .. }));
//!
//! let topic = "$iothub/credentials/res/200/?$rid=07070707070707070707070707070707";
//! let payload = br#"{"correlationId": "c-1", "certificates": ["MAA=", "MAA="]}"#;
//! renewal.handle(now, Event::Message { topic, payload })?;
//! let Action::Done(chain) = renewal.poll() else { panic!() };
//! assert_eq!(chain.certificates().len(), 2); // keep it on the disk before anything else
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources: `Azure/azure-iot-sdk-csharp`, branch `feature/iot-csr-preview`; `Azure/azure-iot-sdk-c`, branch
//! `feature/dps-csr-preview`; `Azure/azure-iot-sdk`, `c/docs/eng/certificate-management.md`.

mod action;
mod due;
mod ladder;
mod machine;
mod message;
mod record;
mod record_text;
mod report;
mod request_id;

pub use action::{Action, Event};
pub use due::Due;
pub use machine::Renewal;
pub use message::Accepted;
pub use record::{Certificates, Current, Pending, RecordedKey};
pub use record_text::CertificatesError;
pub use report::certificate_report;
pub use request_id::{RequestId, RequestIdError};
