#[cfg(feature = "certificates")]
use super::certificates::{KeyHolder, keeper::Keeper};
use super::{Clock, Signer, SystemClock};
use crate::{Dial, Limits, Transport, dial::KEEP_ALIVE};
use defender_auth::{
    https::{Client, HttpsError},
    identity::HostName,
    proxy::Proxies,
    store::Store,
    tls::Roots,
};
use std::{net::SocketAddr, time::Duration};

/// The longest keep-alive interval of a hub, in seconds.
const LONGEST_KEEP_ALIVE: u64 = 1177;

/// What a driver works with. The default trusts the system's root certificates, uses the proxies of the environment as it is
/// now, for HTTPS and MQTT, saves nothing and has no signer.
pub struct Options {
    roots: Trust,
    https_at: Vec<(HostName, SocketAddr)>,
    mqtt_at: Vec<(HostName, SocketAddr)>,
    pub(super) store: Option<Store>,
    pub(super) signer: Option<Box<dyn Signer>>,
    pub(super) clock: Box<dyn Clock>,
    pub(super) limits: Limits,
    pub(super) keep_alive: u16,
    transport: Transport,
    proxies: Proxies,
    #[cfg(feature = "certificates")]
    pub(super) keeper: Keeper,
}

enum Trust {
    Given(Roots<'static>),
    Pem(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            roots: Trust::Given(Roots::Platform),
            https_at: Vec::new(),
            mqtt_at: Vec::new(),
            store: None,
            signer: None,
            clock: Box::new(SystemClock),
            limits: Limits::default(),
            keep_alive: KEEP_ALIVE,
            transport: Transport::Mqtt,
            proxies: Proxies::from_env(),
            #[cfg(feature = "certificates")]
            keeper: Keeper::default(),
        }
    }
}

impl Options {
    /// With other trust anchors.
    #[must_use]
    pub fn with_roots(self, roots: Roots<'static>) -> Self {
        Self { roots: Trust::Given(roots), ..self }
    }

    /// With the trust anchors of this PEM text, and no others.
    #[must_use]
    pub fn with_root_pem(self, pem: impl Into<String>) -> Self {
        Self { roots: Trust::Pem(pem.into()), ..self }
    }

    /// With other addresses for some hosts, for HTTPS and a WebSocket, and for MQTT: an emulator, a tunnel. The servers'
    /// certificates must contain the hosts' names nevertheless. No proxy is used to an address.
    #[must_use]
    pub fn with_addresses(self, https: Vec<(HostName, SocketAddr)>, mqtt: Vec<(HostName, SocketAddr)>) -> Self {
        Self { https_at: https, mqtt_at: mqtt, ..self }
    }

    /// Saves the state there, and begins with what is there. One driver at a time has a store.
    #[must_use]
    pub fn with_store(self, store: Store) -> Self {
        Self { store: Some(store), ..self }
    }

    /// With what holds keys that are not in memory.
    #[must_use]
    pub fn with_signer(self, signer: impl Signer + 'static) -> Self {
        Self { signer: Some(Box::new(signer)), ..self }
    }

    /// With other clocks than the system's.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// With other time limits of a connection than 15 seconds each. A login has also that of the session's policy.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With another keep-alive interval than 240 seconds: whole seconds, from 1 to 1177, which is a hub's most.
    #[must_use]
    pub fn with_keep_alive(self, interval: Duration) -> Self {
        let seconds = interval.as_secs().clamp(1, LONGEST_KEEP_ALIVE);
        Self { keep_alive: u16::try_from(seconds).unwrap_or(KEEP_ALIVE), ..self }
    }

    /// With another transport than MQTT over TCP.
    #[must_use]
    pub fn with_transport(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// With other proxies than those of the environment.
    #[must_use]
    pub fn with_proxies(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }

    /// With what makes the private keys of operational certificates, instead of P-384 keys in memory.
    #[cfg(feature = "certificates")]
    #[must_use]
    pub fn with_certificate_keys(mut self, keys: impl KeyHolder + 'static) -> Self {
        self.keeper.keys = Box::new(keys);
        self
    }

    /// Accepts operational certificates only below this root.
    #[cfg(feature = "certificates")]
    #[must_use]
    pub fn with_certificate_root(mut self, root: defender_auth::x509::Certificate) -> Self {
        self.keeper.root = Some(root);
        self
    }

    /// Writes the operational certificate also as `certificate_public.pem`, and its key as `certificate_private.pem` if that is in
    /// memory, into this folder: for agents that read those.
    #[cfg(feature = "certificates")]
    #[must_use]
    pub fn with_exported_certificates(mut self, folder: Store) -> Self {
        self.keeper.export = Some(folder);
        self
    }

    pub(super) fn roots(&self) -> Roots<'_> {
        match &self.roots {
            Trust::Given(roots) => *roots,
            Trust::Pem(pem) => Roots::Pem(pem.as_bytes()),
        }
    }

    pub(super) fn client(&self) -> Result<Client, HttpsError> {
        Ok(Client::with(self.roots(), self.https_at.clone())?.with_proxies(self.proxies.clone()))
    }

    /// The way to a hub.
    pub(super) fn dial(&self, host: &HostName) -> Dial {
        let given = |addresses: &[(HostName, SocketAddr)]| {
            let is_host = |name: &HostName| name.as_str().eq_ignore_ascii_case(host.as_str());
            addresses.iter().find(|(name, _)| is_host(name)).map(|(_, address)| *address)
        };
        let dial = given(&self.mqtt_at).map_or_else(Dial::host, Dial::at);
        let dial = given(&self.https_at).into_iter().fold(dial, Dial::with_websocket_at);
        dial.with_keep_alive(self.keep_alive).with_transport(self.transport).with_proxies(self.proxies.clone())
    }
}
