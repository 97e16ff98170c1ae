//! Device mode: a device reads the identity of its security module from the hub and goes on as the module.
//!
//! ```text
//! start ---> Step::Send, or Step::Sign when the device's key signs elsewhere
//!            Signing --signed----> Sending
//!            Sending --answered--> Step::Done | Step::Wait        401, 403, 404 --> Err(Service)
//!            Sending --unanswered-> Step::Wait                    too often -----> Err(Unreachable)
//!            Waiting --elapsed---> Sending                        none, X.509 without certificate --> Err(Module)
//! ```
//!
//! A module cannot begin it:
//! ```compile_fail,E0308
//! # use defender_auth::{Outcome, UnixTime, device_mode::{ModuleLookup, Target}};
//! fn f(module: Outcome) { let _ = ModuleLookup::start(module, Target::default(), UnixTime::from_secs(0)); }
//! ```
//! and a request is answered once:
//! ```compile_fail,E0382
//! # use defender_auth::{UnixTime, device_mode::{ModuleLookup, Sending}};
//! fn f(h: ModuleLookup<Sending>) { let now = UnixTime::from_secs(0); let _ = h.unanswered(now); let _ = h.unanswered(now); }
//! ```
//!
//! Source: `documents/`, Security agent authentication methods;
//! `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c`.

mod message;
mod module_lookup;

pub use crate::flow::attempt::{Sending, Signing, Waiting};
pub use module_lookup::{ModuleLookup, Step};

use crate::{
    credential::{ClientCertificate, Issuer},
    error::PlanError,
    identity::ModuleId,
    sas::Audience,
};

/// Which module to become, and how to ask for it.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) module: ModuleId,
    pub(crate) certificate: Option<ClientCertificate>,
    pub(crate) audience: Audience,
}

impl Target {
    /// A module of the device.
    #[must_use]
    pub const fn new(module: ModuleId) -> Self {
        Self { module, certificate: None, audience: Audience::Encoded }
    }

    /// With the module's own certificate, for a hub that wants one.
    #[must_use]
    pub fn with_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// With another audience in the device's token: [`Audience::HubOnly`] is what both security agents send.
    #[must_use]
    pub const fn with_audience(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }
}

/// `azureiotsecurity`, the module of both security agents.
impl Default for Target {
    fn default() -> Self {
        Self::new(ModuleId::azureiotsecurity())
    }
}

impl From<ModuleId> for Target {
    fn from(module: ModuleId) -> Self {
        Self::new(module)
    }
}

/// The documented limit of Device mode.
pub(crate) fn check(certificate: Option<&ClientCertificate>) -> Result<(), PlanError> {
    match certificate.and_then(ClientCertificate::issuer) {
        Some(Issuer::Authority) => Err(PlanError::DeviceModeNeedsSelfSigned),
        Some(Issuer::SelfSigned) | None => Ok(()),
    }
}
