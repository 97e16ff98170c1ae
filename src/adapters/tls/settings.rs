//! TLS for the library's own client.

use super::{Roots, alert_behind, config, roots};
use crate::{
    credential::ClientCertificate,
    error::{TlsError, TlsFailure},
};
use alloc::{
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use core::time::Duration;
use rustls::{ClientConfig, ClientConnection, RootCertStore, pki_types, time_provider::TimeProvider};
use std::{io, time::SystemTime};

/// A connection after its handshake.
pub(crate) type Stream<S> = rustls::StreamOwned<ClientConnection, S>;

/// Trust anchors.
#[derive(Clone)]
pub(crate) struct Trust(Arc<RootCertStore>);

impl Trust {
    pub(crate) fn of(roots: Roots<'_>) -> Result<Self, TlsError> {
        Ok(Self(roots::store(roots)?.into()))
    }

    /// What a client connects with: a certificate of its own, or none, and its clock's offset in seconds.
    pub(crate) fn settings(
        &self,
        certificate: Option<&ClientCertificate>,
        clock_offset: i64,
    ) -> Result<Settings, TlsError> {
        let config = config::configured(Arc::clone(&self.0), certificate)?;
        Ok(Settings(config.into()).with_clock_offset(clock_offset))
    }
}

/// What a client connects with.
#[derive(Clone)]
pub(crate) struct Settings(Arc<ClientConfig>);

impl Settings {
    /// The same, sessions included, with the system's clock corrected by so many seconds.
    pub(crate) fn with_clock_offset(&self, seconds: i64) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.time_provider = Arc::new(Offset(seconds));
        Self(config.into())
    }

    /// Does the handshake, in which the server is verified.
    pub(crate) fn handshake<S: io::Read + io::Write>(&self, host: &str, mut socket: S) -> io::Result<Stream<S>> {
        let invalid = |failure| io::Error::new(io::ErrorKind::InvalidData, failure);
        let name = pki_types::ServerName::try_from(String::from(host))
            .map_err(|_| invalid(TlsFailure::ServerWrongName { names: Vec::new() }))?;
        let mut tls = ClientConnection::new(Arc::clone(&self.0), name)
            .map_err(|error| invalid(TlsFailure::Protocol { reason: error.to_string() }))?;
        if let Err(error) = tls.complete_io(&mut socket) {
            return Err(alert_behind(&mut tls, &mut socket, error));
        }
        Ok(Stream::new(tls, socket))
    }
}

/// The system's clock and so many seconds.
#[derive(Debug)]
struct Offset(i64);

impl TimeProvider for Offset {
    fn current_time(&self) -> Option<pki_types::UnixTime> {
        let system = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Some(pki_types::UnixTime::since_unix_epoch(Duration::from_secs(system.saturating_add_signed(self.0))))
    }
}
