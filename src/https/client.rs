use super::{HttpsError, address::Addresses};
#[cfg(feature = "tpm")]
use crate::tpm::Tpm;
use crate::{
    authenticator::{Action, Authenticator, Event},
    certificate::ClientCertificate,
    dps::ActivationBlob,
    encode,
    error::{Error, TlsError},
    http::{BODY_LIMIT, Request, Response},
    identity::HostName,
    key::KeyUse,
    outcome::Outcome,
    plan::Plan,
    sas::StringToSign,
    secret::{SecretBytes, SecretText},
    time::UnixTime,
    tls::{self, Roots},
};
use alloc::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};
use core::{
    fmt,
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};
use std::{hash::RandomState, io::Read as _, net::SocketAddr, thread, time::SystemTime};
use ureq::{
    Agent,
    http::{Request as HttpRequest, Response as HttpResponse},
    tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider},
    unversioned::transport::DefaultConnector,
};

/// How long reaching a server may take, its name and its certificate included.
const CONNECT: Duration = Duration::from_secs(15);

/// How long one request may take in all.
const REQUEST: Duration = Duration::from_secs(30);

/// How long an attempt may take before it gives up, unless the caller says otherwise.
const ATTEMPT: Duration = Duration::from_secs(600);

/// What is said without a TPM when there is work for one.
const TPM_NEEDED: &str = "a key in a TPM, without one given to `Client::run_with` (feature `tpm`),";

/// Work for a TPM.
#[cfg_attr(not(feature = "tpm"), expect(dead_code, reason = "nobody here can do it"))]
enum Work<'a> {
    Activate(&'a ActivationBlob),
    Sign(KeyUse, &'a StringToSign),
}

/// A blocking HTTPS client. Set it up once and use it for every plan.
pub struct Client {
    /// Without a certificate.
    agent: Agent,
    roots: RootCerts,
    addresses: Vec<(HostName, SocketAddr)>,
    attempt: Duration,
}

/// A complete answer. Its body may hold keys, and is wiped when dropped.
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: SecretBytes,
}

impl Reply {
    /// As an authenticator takes it.
    pub fn as_response(&self) -> Response<'_> {
        let response = Response::new(self.status, self.body.expose());
        self.headers.iter().fold(response, |response, (name, value)| response.header(name, value))
    }
}

impl Client {
    /// A client that trusts the system's root certificates.
    ///
    /// # Errors
    /// When the system has none.
    pub fn new() -> Result<Self, HttpsError> {
        Self::with(Roots::Platform, Vec::new())
    }

    /// A client that trusts these roots, and connects to another address where one is given for a host: an emulator, a
    /// tunnel. The server must bear the host's name all the same. With addresses given no proxy is used.
    ///
    /// # Errors
    /// When there are no roots, or one of a PEM text cannot be read.
    pub fn with(roots: Roots<'_>, addresses: Vec<(HostName, SocketAddr)>) -> Result<Self, HttpsError> {
        let certificates = tls::certificates(roots)?;
        let roots: Vec<_> = certificates.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let roots = RootCerts::new_with_certs(&roots);
        let agent = agent(roots.clone(), &addresses, None);
        Ok(Self { agent, roots, addresses, attempt: ATTEMPT })
    }

    /// With another limit for a whole attempt than ten minutes.
    #[must_use]
    pub const fn give_up_after(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }

    /// Runs a plan to its end, by this system's clock.
    ///
    /// # Errors
    /// Why the plan failed, or which server is not trusted.
    pub fn authenticate(&self, plan: &Plan) -> Result<Outcome, HttpsError> {
        let mut authenticator = Authenticator::new(plan, now() + self.attempt);
        self.run(&mut authenticator)?;
        Ok(authenticator.into_outcome()?)
    }

    /// The same for a plan whose keys are in a TPM.
    ///
    /// # Errors
    /// Those of [`authenticate`](Self::authenticate), and those of the TPM.
    #[cfg(feature = "tpm")]
    pub fn authenticate_with(&self, plan: &Plan, tpm: &mut dyn Tpm) -> Result<Outcome, HttpsError> {
        let mut authenticator = Authenticator::new(plan, now() + self.attempt);
        self.run_with(&mut authenticator, tpm)?;
        Ok(authenticator.into_outcome()?)
    }

    /// Runs an authenticator until it is done or has failed.
    ///
    /// # Errors
    /// What waiting cannot mend: a server that is not trusted, a request that needs more than this client has. The
    /// authenticator is as it was, with its action pending.
    pub fn run(&self, authenticator: &mut Authenticator) -> Result<(), HttpsError> {
        self.drive(authenticator, |_| Err(Error::NotSupported { what: TPM_NEEDED }.into()))
    }

    /// The same for an authenticator that has work for a TPM.
    ///
    /// # Errors
    /// Those of [`run`](Self::run), and those of the TPM: its work is then still pending, and may be tried again.
    #[cfg(feature = "tpm")]
    pub fn run_with(&self, authenticator: &mut Authenticator, tpm: &mut dyn Tpm) -> Result<(), HttpsError> {
        self.drive(authenticator, |work| match work {
            Work::Activate(blob) => Ok(tpm.activate(blob).map(|()| Event::Activated)?),
            Work::Sign(key_use, string) => Ok(tpm.sign(key_use, string.as_bytes()).map(Event::Signed)?),
        })
    }

    /// The loop of every way to run.
    fn drive(
        &self,
        authenticator: &mut Authenticator,
        mut tpm: impl FnMut(Work<'_>) -> Result<Event<'static>, HttpsError>,
    ) -> Result<(), HttpsError> {
        loop {
            match authenticator.poll() {
                Action::Send(request) => match self.exchange(request) {
                    Ok(reply) => authenticator.handle(now(), Event::Answered(reply.as_response())),
                    Err(error) if error.is_transient() => authenticator.handle(now(), Event::Unanswered),
                    Err(error) => return Err(error),
                },
                Action::Wait(wait) => {
                    thread::sleep(wait.pick(random()));
                    authenticator.handle(now(), Event::Elapsed)
                }
                Action::Activate(blob) => {
                    let event = tpm(Work::Activate(blob))?;
                    authenticator.handle(now(), event)
                }
                Action::Sign(key_use, string) => {
                    let event = tpm(Work::Sign(key_use, string))?;
                    authenticator.handle(now(), event)
                }
                Action::Done(_) | Action::Failed(_) => return Ok(()),
            }
            .map_err(Error::from)?;
        }
    }

    /// Sends one request, once, and reads the answer.
    ///
    /// # Errors
    /// When there is no complete answer, the server is not trusted, or a certificate cannot be used.
    pub fn exchange(&self, request: &Request) -> Result<Reply, HttpsError> {
        let agent = match request.certificate() {
            None => self.agent.clone(),
            Some(certificate) => agent(self.roots.clone(), &self.addresses, Some(client_certificate(certificate)?)),
        };
        let host = request.host();
        let failed = |error: &ureq::Error| HttpsError::of(host, error);
        let mut builder =
            HttpRequest::builder().method(request.method()).uri(format!("https://{host}{}", request.target()));
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let sent = match request.body() {
            [] => builder.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request)),
            body => builder.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request)),
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
}

fn agent(roots: RootCerts, addresses: &[(HostName, SocketAddr)], certificate: Option<ClientCert>) -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(tls::provider())
        .root_certs(roots)
        .client_cert(certificate)
        .build();
    let mut config = Agent::config_builder()
        .tls_config(tls)
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
    if !addresses.is_empty() {
        config = config.proxy(None);
    }
    Agent::with_parts(config.build(), DefaultConnector::default(), Addresses::new(addresses.to_vec()))
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

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_response().fmt(f)
    }
}

fn now() -> UnixTime {
    SystemTime::now().into()
}

/// Enough for jitter: the standard library's own seed for its maps.
fn random() -> u32 {
    let bytes = RandomState::new().build_hasher().finish().to_le_bytes();
    let [a, b, c, d, ..] = bytes;
    u32::from_le_bytes([a, b, c, d])
}
