//! Stays authenticated for years: a machine beside [`Authenticator`](crate::Authenticator) that uses the best credential
//! of several, renews tokens, falls back and returns, and gets new credentials as seldom as it can.

mod action;
mod assignment;
mod authenticating;
mod backoff;
mod candidate;
mod clock;
mod connected;
mod connecting;
mod diagnosis;
mod diagnosis_text;
mod judge;
mod login;
mod machine;
mod policy;
mod rate;
mod record;
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
pub use policy::Policy;
pub use rate::Rate;
pub use snapshot::{Snapshot, SnapshotError};
pub use source::Source;
pub use status::{Counters, Dropped, Phase, Status};
pub use window::Window;
