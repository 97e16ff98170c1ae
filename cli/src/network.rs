//! Whom to trust and where to find whom, as the command line says it.

use crate::{arguments::Trust, endpoint::Endpoint, failure::Failure};
use defender_auth::{
    Error, agent,
    error::{FileError, FileProblem, TlsError},
    https::{Client, HttpsError},
    identity::HostName,
    mqtt::{Connect, PORT},
    tls::Roots,
};
use defender_auth_mqtt::{self as mqtt, Dial, Proof, Refusal, Session};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    net::SocketAddr,
    path::Path,
};

/// The port of HTTPS.
pub(crate) const HTTPS: u16 = 443;

/// The largest file of root certificates that is read, in bytes: a whole system's are 250 KB.
const ROOTS_LIMIT: u64 = 1024 * 1024;

/// Roots and addresses.
pub(crate) struct Network {
    /// The file, and its text.
    roots: Option<(String, Vec<u8>)>,
    azure_roots: bool,
    endpoints: Vec<Endpoint>,
}

impl Network {
    pub(crate) fn new(trust: &Trust, endpoints: &[Endpoint]) -> Result<Self, Error> {
        let roots = trust.ca_file.as_deref().map(read_roots).transpose()?;
        Ok(Self { roots, azure_roots: trust.azure_roots, endpoints: endpoints.to_vec() })
    }

    pub(crate) fn roots(&self) -> Roots<'_> {
        match &self.roots {
            Some((_, text)) => Roots::Pem(text),
            None if self.azure_roots => Roots::Azure,
            None => Roots::Platform,
        }
    }

    pub(crate) fn https(&self) -> Result<Client, Failure> {
        let for_https = self.endpoints.iter().filter(|endpoint| endpoint.port.is_none_or(|port| port == HTTPS));
        // Those for this port alone come first, and the first that fits counts.
        let (these, any): (Vec<_>, Vec<_>) = for_https.partition(|endpoint| endpoint.port.is_some());
        let addresses =
            these.into_iter().chain(any).map(|endpoint| (endpoint.host.clone(), endpoint.address)).collect();
        Client::with(self.roots(), addresses).map_err(|error| self.failed(error))
    }

    /// Where MQTT to a host goes.
    pub(crate) fn dial(&self, host: &HostName) -> Result<Dial, Failure> {
        Ok(self.address(host, PORT)?.map_or_else(|| Dial::host(host), Dial::at))
    }

    /// The address that is given for a host. Endpoints that are given and do not fit are a mistake: the host itself is
    /// not what was meant.
    pub(crate) fn address(&self, host: &HostName, port: u16) -> Result<Option<SocketAddr>, Failure> {
        let same = |endpoint: &&Endpoint| endpoint.host.as_str().eq_ignore_ascii_case(host.as_str());
        let mut fitting = self.endpoints.iter().filter(same);
        let exact = fitting.clone().find(|endpoint| endpoint.port == Some(port));
        match (exact.or_else(|| fitting.find(|endpoint| endpoint.port.is_none())), self.endpoints.first()) {
            (Some(endpoint), _) => Ok(Some(endpoint.address)),
            (None, None) => Ok(None),
            (None, Some(other)) => {
                let only = other.port.map(|port| format!(", port {port} alone")).unwrap_or_default();
                Err(Failure::Call(format!(
                    "--endpoint is for {}{only}, but {host}, port {port}, is asked here; give one for it too",
                    other.host
                )))
            }
        }
    }

    /// Logs in over MQTT: a session, or the server's no.
    pub(crate) fn log_in(&self, login: &Connect, proof: Proof<'_>) -> Result<Result<Session, Refusal>, Failure> {
        match Session::open(login, proof, &self.dial(&login.host)?, self.roots()) {
            Ok(session) => Ok(Ok(session)),
            Err(mqtt::Error::Refused(refusal)) => Ok(Err(refusal)),
            Err(error) => Err(self.mqtt_failed(error)),
        }
    }

    pub(crate) fn mqtt_failed(&self, error: mqtt::Error) -> Failure {
        match error {
            mqtt::Error::Tls(error) => self.failed(HttpsError::from(error)),
            mqtt::Error::Unsendable { .. } | mqtt::Error::NotCarried => Failure::Call(error.to_string()),
            mqtt::Error::Untrusted { .. } => untrusted(error.to_string()),
            mqtt::Error::Rejected { .. } => rejected(error.to_string()),
            mqtt::Error::TooManyOpen { .. } => too_many_open(error.to_string()),
            mqtt::Error::NotSubscribed { .. } => {
                Failure::Service { what: error.to_string(), fault: "the service, or what it allows this identity" }
            }
            _ => Failure::Service { what: error.to_string(), fault: "the way to the service" },
        }
    }

    /// What an error of the HTTPS client means.
    pub(crate) fn failed(&self, error: HttpsError) -> Failure {
        match error {
            // A client certificate is not in the file of the roots.
            HttpsError::Failed(Error::Tls(error @ (TlsError::ClientCertificate { .. } | TlsError::KeyElsewhere))) => {
                Error::Tls(error).into()
            }
            HttpsError::Failed(error @ Error::Tls(_)) => {
                let place = self.roots.as_ref().map(|(place, _)| place.as_str());
                place.map_or(error.clone(), |place| error.at(place)).into()
            }
            HttpsError::Failed(error) => error.into(),
            HttpsError::Untrusted { .. } => untrusted(error.to_string()),
            HttpsError::Rejected { .. } => rejected(error.to_string()),
            HttpsError::TooManyOpen { .. } => too_many_open(error.to_string()),
            _ => Failure::Service { what: error.to_string(), fault: "the way to the service" },
        }
    }
}

/// Root certificates in PEM. Bytes outside its blocks need not be text.
fn read_roots(path: &Path) -> Result<(String, Vec<u8>), Error> {
    let place = path.display().to_string();
    let problem = |problem| Error::from(FileError { path: place.clone(), problem });
    let failed = |error: io::Error| agent::io_error(&place, &error);
    // Before it is opened: opening a pipe waits for its other end.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(problem(FileProblem::NotRegular));
    }
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(ROOTS_LIMIT + 1).read_to_end(&mut text)).map_err(failed)?;
    if text.len() as u64 > ROOTS_LIMIT {
        return Err(problem(FileProblem::TooLarge { limit: usize::try_from(ROOTS_LIMIT).unwrap_or(usize::MAX) }));
    }
    Ok((place, text))
}

fn rejected(what: String) -> Failure {
    Failure::Service { what, fault: "the client certificate, or the server" }
}

fn too_many_open(what: String) -> Failure {
    Failure::Service { what, fault: "this process, or the system that it runs on" }
}

fn untrusted(what: String) -> Failure {
    Failure::Service { what, fault: "the server's certificate, or the root certificates here" }
}
