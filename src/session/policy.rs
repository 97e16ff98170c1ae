//! How often and how long, as plain values.

use super::{
    backoff::{Backoff, Ladder},
    rate::Rate,
};
use crate::{base::time::UnixTime, flow::http::ApiVersion};
use core::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// How patient a session is. Every value can be set; the defaults suit a fleet.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How long a token is valid. Over MQTT each renewal is a reconnect. 8 hours.
    pub token_lifetime: Duration,
    /// When a token is renewed, in percent of its lifetime: not before, not after. 80 to 85.
    pub renewal: (u8, u8),
    /// The network path, or a busy hub: 5 s to 150 s, and up to four times that.
    pub connect: Backoff,
    /// Every credential was rejected: 1 min to 4 h.
    pub credentials: Backoff,
    /// The provisioning service has no usable answer: 30 s to 2 h.
    pub provisioning: Backoff,
    /// A person has to act: 10 min to 12 h.
    pub slow: Backoff,
    /// The clock has to be set: 10 s to 10 min.
    pub clock: Backoff,
    /// So many times every credential is rejected before the provisioning service is asked. 2.
    pub passes_before_provisioning: u32,
    /// After this time with nothing but failures the device may have been moved: the provisioning service is asked. 6 hours.
    pub lost_after: Duration,
    /// When a preferred credential is tried again while another is in use. 24 hours.
    pub return_after: Duration,
    /// After this time a connection counts as stable, and the ladders start again. 10 minutes.
    pub stable_after: Duration,
    /// How long after the start tokens wait for a clock that is before the floor. 5 minutes.
    pub clock_grace: Duration,
    /// How long one run of an authenticator may take. 10 minutes.
    pub attempt: Duration,
    /// How many requests such a run may send. 40.
    pub requests_per_run: u32,
    /// How long one CONNECT may take, with its TLS handshake. 1 minute.
    pub connect_limit: Duration,
    /// A `Retry-After` is honoured up to this time: a service cannot stop a device for good. 6 hours.
    pub retry_after_limit: Duration,
    /// Connections, and lookups of a module: 30 at once, and one more every 3 minutes.
    pub connects: Rate,
    /// Registrations: 3 at once, and one more every 2 hours.
    pub registrations: Rate,
    /// When an operational certificate is renewed, in percent of its life: not before, not after, unless a rate or a failure
    /// delays it. 67 to 80: from two thirds on, which leaves a fifth of the life for failures.
    pub certificate_renewal: (u8, u8),
    /// Renewals of a certificate, and registrations that were answered with one or should have been: 2, and one more every
    /// 6 hours. A renewal takes an hour at most, and leaves one for a registration. A renewal sends [`Renewal::REQUESTS`](crate::renewal::Renewal::REQUESTS) requests at most.
    pub certificates: Rate,
    /// The version of the hub's interface in the user name, if not the usual one. That of an operational certificate is the one
    /// that renews, unless this is set.
    pub hub_api_version: Option<ApiVersion>,
    /// A time that has passed for certain: [`UnixTime::RELEASE`].
    pub floor: UnixTime,
}

impl Default for Policy {
    fn default() -> Self {
        let backoff = |first, most, spread| Backoff { first, most, spread };
        Self {
            token_lifetime: 8 * HOUR,
            renewal: (80, 85),
            connect: backoff(5 * SECOND, 150 * SECOND, 300),
            credentials: backoff(MINUTE, 4 * HOUR, 50),
            provisioning: backoff(30 * SECOND, 2 * HOUR, 50),
            slow: backoff(10 * MINUTE, 12 * HOUR, 50),
            clock: backoff(10 * SECOND, 10 * MINUTE, 50),
            passes_before_provisioning: 2,
            lost_after: 6 * HOUR,
            return_after: 24 * HOUR,
            stable_after: 10 * MINUTE,
            clock_grace: 5 * MINUTE,
            attempt: 10 * MINUTE,
            requests_per_run: 40,
            connect_limit: MINUTE,
            retry_after_limit: 6 * HOUR,
            connects: Rate { burst: 30, interval: 3 * MINUTE },
            registrations: Rate { burst: 3, interval: 2 * HOUR },
            certificate_renewal: (67, 80),
            certificates: Rate { burst: 2, interval: 6 * HOUR },
            hub_api_version: None,
            floor: UnixTime::RELEASE,
        }
    }
}

impl Policy {
    pub(super) const fn backoff(&self, ladder: Ladder) -> Backoff {
        match ladder {
            Ladder::Connect => self.connect,
            Ladder::Credentials => self.credentials,
            Ladder::Provisioning => self.provisioning,
            Ladder::Slow => self.slow,
            Ladder::Clock => self.clock,
        }
    }
}
