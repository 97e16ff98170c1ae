use crate::{
    base::time::{Now, UnixTime},
    credential::Password,
    flow::outcome::ConnectionProfile,
    identity::Identity,
    mqtt::Connect,
};
use core::time::Duration;

/// What a connection to the hub is made with.
#[derive(Debug)]
#[non_exhaustive]
pub struct Login {
    /// The identity: topics are made of it, and a [`Connect`] with another user agent or a model.
    pub identity: Identity,
    /// The fields of the CONNECT packet but for the password, where the hub has the classic profile.
    pub connect: Connect,
    /// How clients of the hub log in. For `mqttV5` that is a [`presence::Connecting`](crate::mqtt::presence::Connecting) of the
    /// identity, and the hub has accepted the connection when it has acknowledged the birth.
    pub profile: ConnectionProfile,
    /// A token, or the certificate for the TLS handshake.
    pub password: Password,
    /// Until then, by the monotonic clock, the hub has to have answered; else it is unreachable.
    pub deadline: Duration,
    /// When its token was made, by the best estimate of the wall clock.
    pub(super) made: Now,
    /// Whether the certificate that it is made with is renewed over the connection.
    pub(super) renews: bool,
    /// When a token expires that can be renewed.
    pub(super) expires: Option<UnixTime>,
}

impl Login {
    /// Whether the certificate that it is made with is renewed over the connection. A CONNECT of your own then has the api-version
    /// [`ApiVersion::certificate_renewal`](crate::http::ApiVersion::certificate_renewal) ([`Connect::hub_as_at`]).
    #[must_use]
    pub const fn renews_certificate(&self) -> bool {
        self.renews
    }
}
