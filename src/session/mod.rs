//! Stays authenticated for years.
//!
//! An [`Authenticator`](crate::Authenticator) gets a credential once. A [`Session`] has several credential sources in an
//! order and keeps an agent connected with them: it renews tokens, falls back and returns, tells a rejected credential from
//! a busy hub and from a wrong clock, and registers as seldom as it can. (A session of MQTT is something else: that lasts
//! for one connection, or for a few.)
//!
//! Like every machine of this library it computes and the caller acts: [`poll`](Session::poll) says what to do next,
//! [`handle`](Session::handle) takes what came of it, [`status`](Session::status) says at any time how it stands.
//!
//! ```
//! use core::time::Duration;
//! use defender_auth::{ConnectionString, Now, Plan, UnixTime};
//! use defender_auth::session::{Action, Due, Event, Policy, Session, Source};
//!
//! let text = "HostName=contoso.azure-devices.net;DeviceId=dev-01;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==";
//! let source = Source::new("connection string", Plan::from(ConnectionString::parse(text)?));
//! let now = Now { wall: UnixTime::from_secs(1_800_000_000), monotonic: Duration::from_secs(5) };
//! let mut session = Session::new(vec![source], Policy::default(), None, now)?;
//!
//! let Action::Connect(login) = session.poll() else { panic!() };
//! assert_eq!(login.connect.client_id, "dev-01"); // any MQTT client connects with it
//! session.handle(now, Event::Connected { date: None })?;
//!
//! let Action::Save(snapshot) = session.poll() else { panic!() };
//! assert!(snapshot.text().contains("\"working\": \"connection string\"") && snapshot.secret().is_none());
//! session.handle(now, Event::Saved)?;
//!
//! let Action::Stay(Some((window, Due::Renewal))) = session.poll() else { panic!() };
//! let renewal = now + (window.pick(u32::MAX / 2) - now.monotonic); // any random number
//! session.handle(renewal, Event::Elapsed)?;
//! assert!(matches!(session.poll(), Action::Renew(_)));
//! assert_eq!(session.status().to_string(), "renewing, connection string");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # States
//!
//! ```text
//!             no credential                     all rejected passes_before_provisioning times, moved, or lost for lost_after
//!       +-----------> Save --> Authenticate ----------------------------------------+
//!       |              ^ next run |   | assigned                                    |
//! new --+              +----------+   v                                             |
//!       |  restored           Save --> [Sign] --> Connect ----> Save? ----> Stay ---|--> [Sign] --> Renew
//!       +--------------------------------^   ^       | rejected           |  |  due |               |
//!                                        |   +-------+ next credential    |  +------+               | failed
//!                                        |           | all rejected       | lost                    |
//!                                        +--------- Wait <----------------+-------------------------+
//! ```
//! While it stays, a source that [requests certificates](Source::requesting_certificates) has them renewed:
//!
//! ```text
//! Stay --due--> Save --> MakeRequest --> RenewCertificate --> KeepCertificate --> Save --> Stay, and soon Connect
//!   ^                        | no request    | failed              | refused, or not written
//!   '------------------------+---------------+---------------------'
//! Save --> MakeRequest --> Authenticate --> KeepCertificate --> Save --> Connect     a registration that requests one
//! ```
//! [`Event::Rotated`], [`Event::Disconnected`], [`Event::ClockSet`] and [`Event::Wake`] may come in any state. When the
//! sources are replaced, a connection is kept while nothing up to its credential is new.
//!
//! # Rules
//!
//! - A *pass* tries the candidates (the credentials of all sources; two keys are two) from the first, without a pause. A
//!   credential with a known flaw, such as an expired certificate, costs no connection.
//! - A login that is accepted shows that the assignment was right: a rejection after it is another trouble, for which the
//!   provisioning service is asked at once, as far as the rate allows it.
//! - Sources that are replaced during a login or a save are used as soon as that has ended.
//! - A connection is stable after [`stable_after`](Policy::stable_after). Only then do the ladders start again: one that is
//!   accepted and lost at once climbs like a rejection.
//! - [`Ladder`]s say when to try again, [`Rate`]s bound how often, whatever happens. The debt of a rate is saved *before* a
//!   registration, so that a process that crashes in it is bounded, too.
//! - Only what another hub can cure leads to the provisioning service. A busy hub does not: its whole fleet would register.
//! - While the wall clock is before a time that has passed for certain, a rejected token proves nothing: no credential is
//!   given up and nothing is registered for it.
//! - Nothing stops for good. What a person has to correct is tried again on the slow ladder, and [`Status`] names it. `Wake`
//!   and `Rotated` end that wait, but for a `Retry-After` and a rate.
//! - The hub that is known is asked before the provisioning service. A registration and a module lookup are two runs with a
//!   `Save` between them: a module that is missing costs no second registration.
//!
//! - A login goes by the connection profile of the hub ([`Login::profile`]), which is saved with the assignment. A hub with `mqttV5`
//!   has accepted a connection when it has acknowledged the birth ([`presence`](crate::mqtt::presence)).
//!
//! # Operational certificates
//!
//! - A certificate is a candidate of its own, `SOURCE/certificate`, before the credential that has registered for it.
//! - A registration is told by its operation, which is written before the first question about it: the run after a process
//!   that has ended asks for the same operation, and gets what was issued. Only a process that ends after the registration was
//!   sent, and before its first answer was read, can lose what is issued for it.
//! - It is renewed between [two shares of its life](Policy::certificate_renewal), one renewal at a time, each with a new key.
//!   The request is written before it leaves, and what is issued before it is judged: a process may end anywhere.
//! - A renewal outlives two lost connections, and sends the same request again. What was issued counts from the next
//!   connection on, which the session makes within ten minutes.
//! - A certificate that has expired, or that the hub rejects, leads to a registration with a request, as a rejected key leads to
//!   one without. A registration for another reason requests none.
//! - [`Policy::certificates`] bounds what is issued, whatever fails; its debt is saved before a renewal. A chain that is refused
//!   costs two of it. One that cannot be written is kept in memory and written again before anything else is requested.
//! - A hub with the MQTT 5 profile renews none (`renewal-unsupported`): the device registers when its certificate has expired.
//!
//! # Clocks
//!
//! | | goes by |
//! |---|---|
//! | waits, limits, ladders, rates | the monotonic clock only |
//! | the expiry of a token, the dates of certificates | [`Clock::time`]: the wall clock while it is plausible, else the floor and what has passed since |
//! | renewal | whichever of both says so first |
//! | the floor | the time of the release, then the latest that a verified service has sent; saved |
//! | debts from start to start | saved as wall times, and never more than one burst |
//!
//! # Failures
//!
//! Diagnosis and decision of each, and what the worst agent spends while nothing else happens. In any hour there are at
//! most 51 connections, in any day 511; at most 4 and 16 registrations are begun, of 40 requests each.
//!
#![doc = include_str!("failures.md")]
//!
//! Beside those: an own certificate that is not valid and a given token that has expired are skipped (`client-expired`,
//! `client-not-yet-valid`, `token-expired`). A lookup that finds no registration is `unassigned` and waits on the
//! provisioning ladder. A source that cannot be used is `source-unusable`, on the slow ladder. `rate-limited` and `rotated`
//! are reasons of waits and disconnects, not failures. A DISCONNECT of MQTT 5 without a fault of the client (0x00, 0x8D, 0x8E,
//! 0x98, 0xA0) is `connection-lost`. When the state cannot be saved the session goes on, says so in its
//! status, and saves again at the next occasion.

mod action;
mod assignment;
mod authenticating;
mod backoff;
mod candidate;
mod certifying;
mod clock;
mod connected;
mod connecting;
mod diagnosis;
mod diagnosis_text;
mod judge;
mod login;
mod machine;
mod next_certificate;
mod operational;
mod policy;
mod rate;
mod record;
mod renewing;
mod rotating;
mod saving;
mod snapshot;
mod snapshot_text;
mod source;
mod state;
mod status;
mod window;

pub use action::{Action, Due, Event};
pub use backoff::{Backoff, Ladder};
pub use clock::{Clock, ClockState};
pub use diagnosis::{Decision, Diagnosis};
pub use judge::{Loss, Rejection};
pub use login::Login;
pub use machine::{Session, SessionError};
pub use operational::{OperationalCertificate, RequestFor};
pub use policy::Policy;
pub use rate::Rate;
pub use snapshot::{Snapshot, SnapshotError};
pub use source::Source;
pub use status::{Counters, Dropped, Phase, Status};
pub use window::Window;
