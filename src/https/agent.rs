use super::{HttpsError, Reply, address::Addresses, limits::Limits, tcp::Tcp};
use crate::{
    certificate::ClientCertificate,
    encode,
    error::TlsError,
    http::{BODY_LIMIT, Request},
    secret::{SecretBytes, SecretText},
    tls::{self, Roots},
};
use alloc::{
    format,
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};
use core::time::Duration;
use std::io::Read as _;
use ureq::{
    Error,
    http::{Request as HttpRequest, Response as HttpResponse},
    tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider},
    unversioned::transport::{ConnectProxyConnector, ConnectionDetails, Connector, RustlsConnector, Transport},
};

/// How long reaching a server may take, its name and its certificate included.
const CONNECT: Duration = Duration::from_secs(15);

/// How long one request may take in all.
const REQUEST: Duration = Duration::from_secs(30);

/// What carries requests, one at a time.
#[derive(Clone)]
pub(super) struct Agent {
    roots: RootCerts,
    /// Without a certificate.
    tls: Tls,
    pub(super) addresses: Addresses,
}

/// ureq's TLS, set up once for many connections: they share its settings and resume its sessions.
#[derive(Clone, Debug, Default)]
struct Tls(Arc<RustlsConnector>);

impl<In: Transport> Connector<In> for Tls {
    type Out = <RustlsConnector as Connector<In>>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        self.0.connect(details, chained)
    }
}

impl Agent {
    pub(super) fn trusting(roots: Roots<'_>) -> Result<Self, TlsError> {
        let certificates = tls::certificates(roots)?;
        let roots: Vec<_> = certificates.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let roots = RootCerts::new_with_certs(&roots);
        Ok(Self { roots, tls: Tls::default(), addresses: Addresses::default() })
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
        let certificate = request.certificate().map(client_certificate).transpose()?;
        let agent = self.agent(certificate, limits);
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

    fn agent(&self, certificate: Option<ClientCert>, limits: &Limits) -> ureq::Agent {
        let tls = if certificate.is_some() { Tls::default() } else { self.tls.clone() };
        let settings = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(tls::provider())
            .root_certs(self.roots.clone())
            .client_cert(certificate)
            .build();
        let mut config = ureq::Agent::config_builder()
            .tls_config(settings)
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
        let connector = ().chain(ConnectProxyConnector::default()).chain(tcp).chain(tls);
        ureq::Agent::with_parts(config.build(), connector, self.addresses.clone())
    }
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const END: &str = "\n-----END PRIVATE KEY-----\n";

fn client_certificate(certificate: &ClientCertificate) -> Result<ClientCert, TlsError> {
    // What rustls would refuse in the middle of a handshake is found here, with its reason.
    tls::check(certificate)?;
    let (chain, key) = certificate.der().ok_or(TlsError::KeyElsewhere)?;
    let chain: Vec<_> = chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    // It takes keys as text only. Its own copy is gone with the request, though not wiped.
    let body = SecretText::new(encode::base64(key));
    let pem = SecretText::build(BEGIN.len() + body.expose().len() + END.len(), |pem| {
        pem.extend([BEGIN, body.expose(), END]);
    });
    let key = PrivateKey::from_pem(pem.expose().as_bytes());
    let key = key.map_err(|error| TlsError::ClientCertificate { reason: error.to_string() })?;
    Ok(ClientCert::new_with_certs(&chain, key))
}
