//! The client of a connection.

use crate::hub::{Admission, Nonce};
use rustls::pki_types::CertificateDer;

/// The client.
pub(super) enum Peer {
    Nobody,
    Hub(Client),
    /// A client of the provisioning service, which authenticates each request.
    Dps(Registrant),
}

/// A client that has logged in to a hub.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) admission: Admission,
    /// The number of its connection.
    pub(super) number: u64,
}

/// A client of the provisioning service, and what its CONNECT had.
pub(super) struct Registrant {
    pub(super) scope: String,
    pub(super) id: String,
    pub(super) api_version: String,
    pub(super) token: Option<String>,
    pub(super) chain: Vec<CertificateDer<'static>>,
}

/// What a client by MQTT 5 has beside that.
pub(super) struct Presence {
    pub(super) nonce: Nonce,
    /// Whether the CONNACK had a session.
    pub(super) session_present: bool,
    /// How long the session outlives the connection, in seconds.
    pub(super) expiry: u64,
    pub(super) subscribed: bool,
}
