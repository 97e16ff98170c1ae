use super::{
    HttpsError, Reply, USER_AGENT, address::Addresses, clock::Clock, limits::Limits, secure::Secure, tcp::Tcp,
    tunnel::Tunnel,
};
use crate::{
    adapters::{
        proxy::{Proxies, Proxy, ProxyUsage, ProxyVariable},
        tls::{Roots, Settings, Trust},
    },
    base::{secret::SecretBytes, time::UnixTime},
    error::TlsError,
    flow::http::{BODY_LIMIT, Request},
};
use alloc::{format, string::String, sync::Arc, vec::Vec};
use core::time::Duration;
use std::io::Read as _;
use ureq::{
    Error, Proxy as HttpProxy, ProxyProtocol,
    http::{Request as HttpRequest, Response as HttpResponse},
    unversioned::transport::Connector as _,
};

/// The time limits of a request.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For reaching a server: its name, the connection and the handshake, a proxy's answer included.
    connect: Duration,
    /// For one request in all.
    request: Duration,
}

const PATIENCE: Patience = Patience { connect: Duration::from_secs(15), request: Duration::from_secs(30) };

/// The port of HTTPS.
const PORT: u16 = 443;

/// Carries requests, one at a time.
#[derive(Clone)]
pub(super) struct Agent {
    trust: Trust,
    /// Without a certificate: created once for many connections, which resume each other's sessions.
    tls: Settings,
    clock_offset: i64,
    patience: Patience,
    pub(super) proxies: Arc<Proxies>,
    pub(super) addresses: Addresses,
}

impl Agent {
    pub(super) fn trusting(roots: Roots<'_>) -> Result<Self, TlsError> {
        let trust = Trust::of(roots)?;
        let tls = trust.settings(None, 0)?;
        let (proxies, addresses) = (Proxies::from_env().into(), Addresses::default());
        Ok(Self { trust, tls, clock_offset: 0, patience: PATIENCE, proxies, addresses })
    }

    /// Servers are verified by the system's clock and so many seconds.
    pub(super) fn set_clock_offset(&mut self, seconds: i64) {
        self.clock_offset = seconds;
        self.tls = self.tls.with_clock_offset(seconds);
    }

    /// The variables that are set.
    pub(super) fn proxy_variables(&self) -> Vec<ProxyVariable> {
        let mut variables = self.proxies.variables().to_vec();
        if self.addresses.are_given() {
            for variable in &mut variables {
                variable.usage = ProxyUsage::AddressesGiven;
            }
        }
        variables
    }

    fn now(&self) -> UnixTime {
        Clock::start(self.clock_offset).now().wall
    }

    /// Sends one request once, and reads the answer.
    pub(super) fn exchange(&self, request: &Request, limits: &Limits) -> Result<Reply, HttpsError> {
        limits.check()?;
        self.carry(request, limits).map_err(|error| match limits.check() {
            // This is why there is no answer.
            Err(over) if error.is_transient() => over,
            _ => error,
        })
    }

    fn carry(&self, request: &Request, limits: &Limits) -> Result<Reply, HttpsError> {
        let tls = match request.certificate() {
            // What rustls would reject during a handshake is found here, with its reason.
            Some(certificate) => self.trust.settings(Some(certificate), self.clock_offset)?,
            None => self.tls.clone(),
        };
        let host = request.host();
        let proxy = self.proxies.of(host.as_str(), PORT).filter(|_| !self.addresses.are_given());
        let variable = proxy.map(Proxy::variable);
        let agent = self.agent(tls, proxy, limits);
        let failed = |error: &Error| match (HttpsError::of(host, variable, error), request.certificate()) {
            (HttpsError::Tls { host, failure }, Some(certificate)) => {
                HttpsError::Tls { host, failure: failure.with_client_certificate(certificate, self.now()) }
            }
            (error, _) => error,
        };
        let mut builder =
            HttpRequest::builder().method(request.method()).uri(format!("https://{host}{}", request.target()));
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let sent = match request.body() {
            [] => builder.body(()).map_err(Error::from).and_then(|request| agent.run(request)),
            body => builder.body(body).map_err(Error::from).and_then(|request| agent.run(request)),
        };
        let mut response: HttpResponse<_> = sent.map_err(|error| failed(&error))?;
        let text = |value: &ureq::http::HeaderValue| value.to_str().map(String::from).ok();
        let headers = response.headers().iter();
        let headers = headers.filter_map(|(name, value)| Some((name.as_str().into(), text(value)?))).collect();
        // One byte more than is allowed, for the authenticator to reject.
        let mut body = SecretBytes::with_capacity(BODY_LIMIT + 1);
        let mut reader = response.body_mut().as_reader().take(BODY_LIMIT as u64 + 1);
        reader.read_to_end(body.as_vec_mut()).map_err(|error| {
            HttpsError::no_answer(host.clone(), variable, format!("the answer is incomplete: {error}"))
        })?;
        Ok(Reply { status: response.status().as_u16(), headers, body })
    }

    fn agent(&self, tls: Settings, proxy: Option<&Proxy>, limits: &Limits) -> ureq::Agent {
        // Its login is the tunnel's. It has a valid host.
        let address = proxy.and_then(|proxy| {
            let protocol = if proxy.is_encrypted() { ProxyProtocol::Https } else { ProxyProtocol::Http };
            HttpProxy::builder(protocol).host(proxy.host()).port(proxy.port()).build().ok()
        });
        let config = ureq::Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(self.patience.request))
            .timeout_connect(Some(self.patience.connect))
            .max_response_header_size(BODY_LIMIT)
            // A service that was silent for a while has closed its side.
            .max_idle_connections(0)
            .proxy(address)
            .user_agent(USER_AGENT);
        let tcp = Tcp { limits: limits.clone() };
        let connector = ().chain(Tunnel(proxy.cloned())).chain(tcp).chain(Secure(tls));
        ureq::Agent::with_parts(config.build(), connector, self.addresses.clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::{
        adapters::https::limits::Cancel,
        base::time::Now,
        dps::Profile,
        flow::{
            authenticator::{Action, Authenticator},
            plan::Plan,
        },
        key::SharedAccessKey,
    };
    use std::{
        io::Write as _,
        net::{SocketAddr, TcpListener},
        thread,
    };

    const SHORT: Duration = Duration::from_millis(900);

    /// A server that sends these bytes, and then one byte at a time without end.
    fn dripping(first: &'static [u8], byte: u8) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut result = stream.write_all(first);
            while result.is_ok() {
                thread::sleep(Duration::from_millis(100));
                result = stream.write_all(&[byte]);
            }
        });
        address
    }

    /// How a request fails whose time limits are this short.
    fn failure(change: impl FnOnce(&mut Agent)) -> HttpsError {
        let mut agent = Agent::trusting(Roots::Azure).unwrap();
        agent.patience = Patience { connect: SHORT, request: 4 * SHORT };
        change(&mut agent);
        let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
        let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
        let now = Now { wall: agent.now(), monotonic: Duration::ZERO };
        let auth = Authenticator::new(&Plan::provision(profile, key).unwrap(), now, Duration::from_secs(600));
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        agent.exchange(request, &Limits::begin(&Cancel::new(), None)).map(drop).unwrap_err()
    }

    #[test]
    fn a_handshake_that_drips_ends_at_the_limit() {
        let address = dripping(&[22, 3, 3, 0x40, 0], 2);
        let error = failure(|agent| agent.addresses.only = Some(("127.0.0.1".into(), address.port())));
        assert!(matches!(&error, HttpsError::NoAnswer { reason, .. } if reason.contains("timeout")), "{error}");
    }

    #[test]
    fn a_proxy_that_drips_ends_at_the_limit() {
        for first in [&b""[..], b"HTTP/1.1 200 OK\r\nX: "] {
            let address = dripping(first, b'x');
            let proxy = format!("http://{address}");
            let read = |name| (name == "HTTPS_PROXY").then(|| proxy.clone());
            let error = failure(|agent| agent.proxies = Proxies::new(read).into());
            let text = format!("{error}");
            assert!(error.is_transient() && text.contains("the proxy of HTTPS_PROXY"), "{text}");
            assert!(text.contains("timeout"), "{text}");
        }
    }
}
