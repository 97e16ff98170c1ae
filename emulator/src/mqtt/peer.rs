//! The client of a connection.

use crate::hub::Admission;
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
