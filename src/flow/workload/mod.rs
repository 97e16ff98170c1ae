//! The workload API of IoT Edge: it signs for a module, which has no key of its own.
//!
//! A module has what its runtime puts into its environment. [`Workload::from_environment`] reads that, the
//! [plan](crate::Plan::workload) needs no network request, and each token is signed by a [`Task`]:
//!
//! ```text
//! POST /modules/{module}/genid/{generation}/sign    { keyId, algo, data } ---> { digest }
//! GET  /trust-bundle                                                     ---> { certificate }
//! POST /modules/{module}/certificate/identity       { expiration }       ---> { privateKey, certificate, expiration }
//! POST /modules/{module}/genid/{generation}/certificate/server  { commonName, expiration } ---> the same
//! ```
//! The daemon knows the caller by its process, and signs for its own module only. A module that connects through a
//! gateway takes the certificate authorities of the trust bundle as the roots for that connection; tokens name the hub.
//!
//! Source: `Azure/iotedge:edgelet/edgelet-http-workload/src/module`, `edgelet/aziot-edged/src/watchdog.rs` and
//! `edgelet/api/workload_2019-10-22.yaml`.

mod environment;
mod message;

pub use message::{IssuedCertificate, IssuedKey};

use crate::{
    base::{
        encode,
        secret::SecretText,
        time::{Now, UnixTime},
        wait::TimeLimit,
    },
    error::Daemon,
    flow::{
        http::ApiVersion,
        local::{Ask, Endpoint, Request, Task},
    },
    identity::{Identity, ModuleId},
    key::Signature,
    sas::StringToSign,
};
use alloc::{boxed::Box, format, string::String};

/// The module that this process is, and the daemon that signs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    endpoint: Endpoint,
    identity: Identity,
    module: ModuleId,
    generation: Box<str>,
    version: ApiVersion,
}

impl Workload {
    /// The identity of the module. Its gateway is set when it connects through one.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where the daemon listens.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The generation of the module, which is another one after it was deleted and created again.
    #[must_use]
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// Has a token signed with the module's primary key.
    pub fn sign(&self, string: &StringToSign, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<Signature>> {
        let target = self.target(&format!("/genid/{}/sign", encode::percent(&self.generation)));
        let request = self.post(target, message::sign(string));
        Ask::task(request, message::signature, now, limit)
    }

    /// Reads the certificates, in PEM, that are the trust anchors for a connection to a gateway.
    pub fn trust_bundle(&self, now: Now, limit: impl Into<TimeLimit>) -> Task<Ask<String>> {
        let target = format!("/trust-bundle?api-version={}", self.version);
        let request = Request::get(Daemon::Workload, &self.endpoint, target);
        Ask::task(request, message::trust_bundle, now, limit)
    }

    /// Has a client certificate issued for the module. Without an expiry the daemon chooses one.
    pub fn identity_certificate(
        &self,
        expires: Option<UnixTime>,
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Ask<IssuedCertificate>> {
        let request = self.post(self.target("/certificate/identity"), message::certificate_request(None, expires));
        Ask::task(request, message::certificate, now, limit)
    }

    /// Has a server certificate issued for the module, with this name.
    pub fn server_certificate(
        &self,
        common_name: &str,
        expires: UnixTime,
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Ask<IssuedCertificate>> {
        let target = self.target(&format!("/genid/{}/certificate/server", encode::percent(&self.generation)));
        let request = self.post(target, message::certificate_request(Some(common_name), Some(expires)));
        Ask::task(request, message::certificate, now, limit)
    }

    fn target(&self, rest: &str) -> String {
        format!("/modules/{}{rest}?api-version={}", encode::percent(self.module.as_str()), self.version)
    }

    fn post(&self, target: String, body: String) -> Request {
        Request::post(Daemon::Workload, &self.endpoint, target, SecretText::new(body))
    }
}
