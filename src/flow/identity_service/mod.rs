//! The identity service of a host: `aziot-identityd` knows the agent's identity, `aziot-keyd` signs with its key,
//! `aziot-certd` has its certificate.
//!
//! It is on every device with IoT Edge 1.2 or later, and can be installed alone. The agent is one of its *principals*, by
//! the number of its user; the sockets are open to the members of three groups.
//!
//! ```text
//! identityd  GET  /identities/identity                              ---> { type, spec: { hubName, …, auth } }
//! identityd  GET  /identities/provisioning                          ---> { source, auth, … }
//! keyd       POST /sign           { keyHandle, algorithm, … }       ---> { signature }
//! keyd       POST /encrypt        { keyHandle, algorithm, … }       ---> { ciphertext }
//! keyd       POST /parameters/x   { keyHandle }                     ---> { value }
//! keyd       POST /keypair        { keyId, preferredAlgorithms }    ---> { keyHandle }
//! keyd       GET  /keypair/x                                        ---> { keyHandle }
//! certd      GET  /certificates/x                                   ---> { pem }
//! ```
//! A handle changes with every answer and is not valid after the device was provisioned again. So
//! [`sign`](IdentityService::sign) reads the identity once more when keyd rejects the handle, or does not answer:
//!
//! ```text
//! a handle is known ---> sign ---200---> Done(Signed)
//!                         | 4xx, no answer
//! none is known ---> read the identity ---> sign with the new handle
//!                         | another identity
//!                         v
//!                      Failed(Reprovisioned)
//! ```
//!
//! Source: `Azure/iot-identity-service:docs/develop-an-agent.md`, `identity/aziot-identityd/src/http`,
//! `key/aziot-keyd/src/http` and `cert/aziot-certd/src/http`.

mod account;
mod keys;
mod message;
mod sign;

pub use account::{Account, Authentication, CertifiedAccount, KeyHandle};
pub use keys::{Encryption, Parameter};
pub use message::Provisioning;
pub use sign::{Sign, Signed};

use crate::{
    base::{encode, secret::SecretText, time::Now, wait::TimeLimit},
    error::Daemon,
    flow::local::{Ask, Endpoint, EndpointError, Request, Task},
};
use alloc::{format, string::String};

/// The version of the interface of identityd and of keyd and certd for all that is asked but the provisioning.
const VERSION: &str = "2020-09-01";
/// The first version that has `GET /identities/provisioning`.
const PROVISIONING_VERSION: &str = "2021-12-01";

/// Where the three daemons listen, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityService {
    identity: Endpoint,
    keys: Endpoint,
    certificates: Endpoint,
    uid: Option<u32>,
}

/// The sockets of the package: `/run/aziot/identityd.sock` and so on.
impl Default for IdentityService {
    fn default() -> Self {
        let socket = |name: &str| Endpoint::Socket(format!("/run/aziot/{name}.sock").into());
        Self { identity: socket("identityd"), keys: socket("keyd"), certificates: socket("certd"), uid: None }
    }
}

impl IdentityService {
    /// With the three sockets in another folder, under the names that they have in `/run/aziot`.
    ///
    /// # Errors
    /// When the path is relative, too long or has a control character.
    pub fn in_folder(folder: &str) -> Result<Self, EndpointError> {
        let folder = folder.trim_end_matches('/');
        let socket = |name: &str| Endpoint::socket(&format!("{folder}/{name}.sock"));
        let (identity, keys) = (socket("identityd")?, socket("keyd")?);
        Ok(Self { identity, keys, certificates: socket("certd")?, uid: None })
    }

    /// With the number of the user that asks, so that an error can name it.
    #[must_use]
    pub const fn with_uid(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Where a daemon listens. `None` for the workload API, which is another service.
    #[must_use]
    pub const fn endpoint(&self, daemon: Daemon) -> Option<&Endpoint> {
        match daemon {
            Daemon::Identity => Some(&self.identity),
            Daemon::Keys => Some(&self.keys),
            Daemon::Certificates => Some(&self.certificates),
            Daemon::Workload => None,
        }
    }

    /// Where identityd listens.
    #[must_use]
    pub const fn identity_endpoint(&self) -> &Endpoint {
        &self.identity
    }

    /// Reads the identity of the agent.
    pub fn identify(&self, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<Account>> {
        Ask::task(self.identity_request(), message::account, now, limit)
    }

    /// Reads how the device was provisioned.
    pub fn provisioning(&self, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<Provisioning>> {
        let target = format!("/identities/provisioning?api-version={PROVISIONING_VERSION}");
        let request = Request::get(Daemon::Identity, &self.identity, target).by(self.uid);
        Ask::task(request, message::provisioning, now, limit)
    }

    /// Reads a certificate chain in PEM by its ID, for example that of an [`Account`].
    pub fn certificate(&self, id: &str, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<String>> {
        let target = format!("/certificates/{}?api-version={VERSION}", encode::percent(id));
        let request = Request::get(Daemon::Certificates, &self.certificates, target);
        Ask::task(request, message::certificate, now, limit)
    }

    fn identity_request(&self) -> Request {
        let target = format!("/identities/identity?api-version={VERSION}");
        Request::get(Daemon::Identity, &self.identity, target).by(self.uid)
    }

    fn key_pair_request(&self, id: &str) -> Request {
        let target = format!("/keypair/{}?api-version={VERSION}", encode::percent(id));
        Request::get(Daemon::Keys, &self.keys, target)
    }

    fn key_request(&self, path: &str, body: SecretText) -> Request {
        Request::post(Daemon::Keys, &self.keys, format!("{path}?api-version={VERSION}"), body)
    }
}
