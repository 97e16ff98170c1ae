use super::{HttpsError, Reply, address::Addresses, limits::Limits, secure::Secure, tcp::Tcp};
use crate::{
    adapters::tls::{Roots, Settings, Trust},
    base::secret::SecretBytes,
    error::TlsError,
    flow::http::{BODY_LIMIT, Request},
};
use alloc::{format, string::String};
use core::time::Duration;
use std::io::Read as _;
use ureq::{
    Error,
    http::{Request as HttpRequest, Response as HttpResponse},
    unversioned::transport::{ConnectProxyConnector, Connector as _},
};

/// How long reaching a server may take, its name and its certificate included.
const CONNECT: Duration = Duration::from_secs(15);

/// How long one request may take in all.
const REQUEST: Duration = Duration::from_secs(30);

/// What carries requests, one at a time.
#[derive(Clone)]
pub(super) struct Agent {
    trust: Trust,
    /// Without a certificate: set up once for many connections, which resume each other's sessions.
    tls: Settings,
    pub(super) addresses: Addresses,
}

impl Agent {
    pub(super) fn trusting(roots: Roots<'_>) -> Result<Self, TlsError> {
        let trust = Trust::of(roots)?;
        let tls = trust.settings(None)?;
        Ok(Self { trust, tls, addresses: Addresses::default() })
    }

    /// Sends one request, once, and reads the answer.
    pub(super) fn exchange(&self, request: &Request, limits: &Limits) -> Result<Reply, HttpsError> {
        limits.check()?;
        self.carry(request, limits).map_err(|error| match limits.check() {
            // That is why there is no answer.
            Err(over) if error.is_transient() => over,
            _ => error,
        })
    }

    fn carry(&self, request: &Request, limits: &Limits) -> Result<Reply, HttpsError> {
        let tls = match request.certificate() {
            // What rustls would refuse in the middle of a handshake is found here, with its reason.
            Some(certificate) => self.trust.settings(Some(certificate))?,
            None => self.tls.clone(),
        };
        let agent = self.agent(tls, limits);
        let host = request.host();
        let failed = |error: &Error| HttpsError::of(host, error);
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
        // One byte more than is allowed, for the authenticator to refuse.
        let mut body = SecretBytes::with_capacity(BODY_LIMIT + 1);
        let mut reader = response.body_mut().as_reader().take(BODY_LIMIT as u64 + 1);
        reader.read_to_end(body.as_vec_mut()).map_err(|error| HttpsError::NoAnswer {
            host: host.clone(),
            reason: format!("the answer broke off: {error}"),
        })?;
        Ok(Reply { status: response.status().as_u16(), headers, body })
    }

    fn agent(&self, tls: Settings, limits: &Limits) -> ureq::Agent {
        let mut config = ureq::Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(REQUEST))
            .timeout_connect(Some(CONNECT))
            .max_response_header_size(BODY_LIMIT)
            // A service that was silent for a while has closed its side.
            .max_idle_connections(0)
            .user_agent(concat!("defender-auth/", env!("CARGO_PKG_VERSION")));
        if self.addresses.are_given() {
            config = config.proxy(None);
        }
        let tcp = Tcp { limits: limits.clone() };
        let connector = ().chain(ConnectProxyConnector::default()).chain(tcp).chain(Secure(tls));
        ureq::Agent::with_parts(config.build(), connector, self.addresses.clone())
    }
}
