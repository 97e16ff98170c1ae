//! Trust anchors and addresses, as the arguments give them.

use super::{
    endpoint::Endpoint,
    failures,
    options::{Trust, Way},
    proxy,
};
use crate::{
    input::text_file::TextFile,
    login::refusal::Refusal,
    terminal::{failure::Failure, progress, stderr},
};
use defender_auth::{
    https::{Client, HttpsError},
    identity::HostName,
    mqtt::PORT,
    proxy::{Proxies, ProxyUsage},
    tls::Roots,
};
use defender_auth_mqtt::{self as mqtt, Dial, Limits, Login, Proof, Session, Transport};
use std::{net::SocketAddr, time::Duration};

/// The port of HTTPS.
pub(crate) const HTTPS: u16 = 443;

/// The largest file of root certificates that is read, in bytes: all roots of a system are 250 KB.
const ROOTS_LIMIT: usize = 1024 * 1024;

/// Trust anchors, addresses and proxies.
pub(crate) struct Network {
    pub(super) roots: Option<TextFile>,
    pub(super) azure_roots: bool,
    /// Trust anchors in PEM that were found, for when none are given.
    pub(super) found: Option<String>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) transport: Transport,
    pub(super) proxies: Proxies,
    timeout: Option<Duration>,
    retries: u32,
}

/// The time limit of an attempt.
const ATTEMPT: Duration = Duration::from_secs(600);

impl Network {
    pub(crate) fn new(trust: &Trust, endpoints: &[Endpoint], way: &Way) -> Result<Self, Failure> {
        let roots = trust.ca_file.as_ref().map(|path| TextFile::open_pem(path, ROOTS_LIMIT)).transpose()?;
        let mut proxies = Proxies::from_env();
        if let Some(path) = &way.proxy_login_file {
            proxies = proxies.with_login(proxy::login(path)?);
        }
        Ok(Self {
            roots,
            azure_roots: trust.azure_roots,
            found: None,
            endpoints: endpoints.to_vec(),
            transport: way.transport.into(),
            proxies,
            timeout: way.timeout,
            retries: way.retries,
        })
    }

    /// How long a plan may take.
    pub(crate) fn attempt(&self) -> Duration {
        self.timeout.unwrap_or(ATTEMPT)
    }

    /// How many times more to try what may succeed later.
    pub(crate) const fn retries(&self) -> u32 {
        self.retries
    }

    /// The limits of a login over MQTT.
    pub(super) fn limits(&self) -> Limits {
        let Limits { reach, greet, answer, presence } = Limits::default();
        Limits {
            reach: self.at_most(reach),
            greet: self.at_most(greet),
            answer: self.at_most(answer),
            presence: self.at_most(presence),
        }
    }

    /// The limit of a step: the usual one, or what `--timeout` gives if that is less.
    pub(crate) fn at_most(&self, usual: Duration) -> Duration {
        self.timeout.map_or(usual, |given| given.min(usual))
    }

    /// What is to carry MQTT.
    pub(crate) const fn transport(&self) -> Transport {
        self.transport
    }

    /// With trust anchors in PEM for when the arguments give none.
    pub(crate) fn or_roots(self, found: Option<String>) -> Self {
        Self { found, ..self }
    }

    pub(crate) fn roots(&self) -> Roots<'_> {
        match &self.roots {
            Some(file) => Roots::Pem(file.bytes()),
            None if self.azure_roots => Roots::Azure,
            None => self.found.as_ref().map_or(Roots::Platform, |pem| Roots::Pem(pem.as_bytes())),
        }
    }

    /// The proxies of the environment.
    pub(crate) const fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// With another carrier of MQTT.
    pub(crate) const fn set_transport(&mut self, transport: Transport) {
        self.transport = transport;
    }

    pub(crate) fn https(&self) -> Result<Client, Failure> {
        let client = self.client()?;
        proxy::report_unused(&client.proxy_variables(), "HTTPS");
        Ok(client)
    }

    /// The same without a report of the variables that it ignores.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let for_https = self.endpoints.iter().rev().filter(|endpoint| endpoint.port.is_none_or(|port| port == HTTPS));
        // The last that is given counts, and those for this port only are more specific. The client takes the first.
        let (these, any): (Vec<_>, Vec<_>) = for_https.partition(|endpoint| endpoint.port.is_some());
        let addresses: Vec<_> =
            these.into_iter().chain(any).map(|endpoint| (endpoint.host.clone(), endpoint.address)).collect();
        let client = Client::with(self.roots(), addresses).map_err(|error| self.failed(error))?;
        Ok(client.with_proxies(self.proxies.clone()))
    }

    /// The way to a host for MQTT.
    pub(crate) fn dial(&self, host: &HostName) -> Result<Dial, Failure> {
        let [tcp, websocket] = self.mqtt_addresses(host)?;
        let mut variables = self.proxies.variables().to_vec();
        for variable in &mut variables {
            let is_replaced = tcp.or(websocket).is_some() && self.proxies.of(host.as_str(), PORT).is_some();
            if variable.usage == ProxyUsage::Used && is_replaced {
                variable.usage = ProxyUsage::AddressesGiven;
            }
        }
        proxy::report_unused(&variables, "MQTT");
        let dial = tcp.map_or_else(Dial::host, Dial::at);
        let dial = websocket.into_iter().fold(dial, Dial::with_websocket_at);
        let dial = dial.with_transport(self.transport).with_proxies(self.proxies.clone());
        Ok(dial.with_limits(self.limits()))
    }

    /// The addresses that are given for MQTT to a host, by TCP and by WebSocket, as the transport needs them.
    pub(crate) fn mqtt_addresses(&self, host: &HostName) -> Result<[Option<SocketAddr>; 2], Failure> {
        let tcp = || self.address(host, PORT);
        let websocket = || self.address(host, HTTPS);
        Ok(match self.transport {
            Transport::Mqtt => [tcp()?, None],
            Transport::WebSocket => [None, websocket()?],
            Transport::Auto => [tcp()?, websocket()?],
        })
    }

    /// Says which transport was found to reach a host.
    pub(crate) fn report(&self, host: &HostName, transport: Transport) {
        if self.transport == Transport::Auto {
            progress::step(&format!("{host} is reached by {transport}"));
        }
    }

    /// The address that is given for a host. If only addresses of other hosts are given, that is a mistake: the host
    /// itself is not to be contacted.
    pub(crate) fn address(&self, host: &HostName, port: u16) -> Result<Option<SocketAddr>, Failure> {
        let same = |endpoint: &&Endpoint| endpoint.host.as_str().eq_ignore_ascii_case(host.as_str());
        // The last that is given counts.
        let mut fitting = self.endpoints.iter().rev().filter(same);
        let exact = fitting.clone().find(|endpoint| endpoint.port == Some(port));
        match (exact.or_else(|| fitting.find(|endpoint| endpoint.port.is_none())), self.endpoints.first()) {
            (Some(endpoint), _) => Ok(Some(endpoint.address)),
            (None, None) => Ok(None),
            (None, Some(other)) => {
                let only = other.port.map(|port| format!(", port {port} only")).unwrap_or_default();
                Err(Failure::Call(format!(
                    "--endpoint is for {}{only}, but {host}, port {port}, is needed here; give another --endpoint for it",
                    other.host
                )))
            }
        }
    }

    /// Logs in over MQTT: a session, or the server's refusal.
    pub(crate) fn log_in(
        &self,
        login: Login<'_>,
        host: &HostName,
        proof: Proof<'_>,
    ) -> Result<Result<Session, Refusal>, Failure> {
        let dial = self.dial(host)?;
        stderr::detail(format_args!("logging in at {host} over MQTT; {}", self.described(host, PORT)));
        let opened =
            progress::during(&format!("logging in at {host}"), || Session::open(login, proof, &dial, self.roots()));
        match opened {
            Ok(session) => {
                self.report(host, session.transport());
                Ok(Ok(session))
            }
            Err(mqtt::Error::Refused(refusal)) => Ok(Err(Refusal::Code(refusal))),
            // A hub may also accept the CONNECT, and end the connection when it has looked at the device.
            Err(mqtt::Error::Rejected { reason, .. } | mqtt::Error::Ended { reason, .. }) => {
                Ok(Err(Refusal::Reason(reason)))
            }
            Err(error) => Err(self.mqtt_failed(error)),
        }
    }

    /// What an error of the MQTT client means.
    pub(crate) fn mqtt_failed(&self, error: mqtt::Error) -> Failure {
        failures::of_mqtt(error, self.roots.as_ref().map(TextFile::place))
    }

    /// What an error of the HTTPS client means.
    pub(crate) fn failed(&self, error: HttpsError) -> Failure {
        failures::of_https(error, self.roots.as_ref().map(TextFile::place))
    }
}
