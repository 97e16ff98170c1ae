//! What can be seen of a session at any time, without secrets.

use super::{diagnosis::Diagnosis, window::Window};
use crate::base::time::UnixTime;
use core::fmt;

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It gets a credential from the provisioning service or the hub.
    Authenticating,
    /// It waits for a signature.
    Signing,
    /// It connects.
    Connecting,
    /// It connects anew, or hands over a new token, while a connection stands.
    Renewing,
    /// Its state is being saved.
    Saving,
    /// It waits until it tries again.
    Waiting,
    /// It closes the connection.
    Disconnecting,
    /// It is connected.
    Connected,
}

impl Phase {
    /// A stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticating => "authenticating",
            Self::Signing => "signing",
            Self::Connecting => "connecting",
            Self::Renewing => "renewing",
            Self::Saving => "saving",
            Self::Waiting => "waiting",
            Self::Disconnecting => "disconnecting",
            Self::Connected => "connected",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A credential that was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped<'a> {
    /// Its name, or that of its source.
    pub credential: &'a str,
    /// Why.
    pub why: Diagnosis,
    /// When, by the best estimate of the wall clock.
    pub at: UnixTime,
}

/// The status of a session, for logs and metrics. Its `Display` is one line.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Status<'a> {
    /// What the session is doing.
    pub phase: Phase,
    /// The credential in use or being tried; while authenticating, the source.
    pub credential: Option<&'a str>,
    /// The latest that was given up.
    pub dropped: Option<Dropped<'a>>,
    /// Why it is not connected; the latest failure when it is.
    pub failure: Option<Diagnosis>,
    /// How the latest run of an authenticator failed, unless one has succeeded since. It says more than the hub's rejection.
    pub authenticator_failure: Option<Diagnosis>,
    /// Why the latest request for an operational certificate has got none, unless one has succeeded since.
    pub certificate_failure: Option<Diagnosis>,
    /// When it tries again, or when something falls due, by the monotonic clock.
    pub next: Option<Window>,
    /// The last second of the certificate in use.
    pub certificate_ends: Option<UnixTime>,
    /// Failures since the last stable connection.
    pub failures_in_a_row: u32,
    /// The latest state could not be saved.
    pub is_unsaved: bool,
    /// What happened since the start.
    pub counters: Counters,
}

/// What happened since a session was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections begun.
    pub connects: u64,
    /// Those of them that were begun while another stood.
    pub renewals: u64,
    /// Registrations begun.
    pub registrations: u64,
    /// HTTPS requests answered or given up.
    pub requests: u64,
    /// Operational certificates that were issued and kept.
    pub certificates: u64,
}

/// `connected, dps/primary; gave up dps/secondary at 2027-01-15T08:00:00Z: …; last of 2 failures in a row: …`
impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.phase, self.credential.unwrap_or("no credential"))?;
        if let Some(Dropped { credential, why, at }) = self.dropped {
            write!(f, "; gave up {credential} at {at}: {why}")?;
        }
        if let Some(why) = self.failure {
            match self.failures_in_a_row {
                0 | 1 => write!(f, "; last failure: {why}")?,
                count => write!(f, "; last of {count} failures in a row: {why}")?,
            }
        }
        if let Some(why) = self.authenticator_failure {
            write!(f, "; no new credential: {why}")?;
        }
        if let Some(why) = self.certificate_failure {
            write!(f, "; no new certificate: {why}")?;
        }
        if self.is_unsaved {
            f.write_str("; the state could not be saved")?;
        }
        Ok(())
    }
}
