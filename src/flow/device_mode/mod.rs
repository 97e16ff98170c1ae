//! Device mode: a device reads the identity of its security module from the hub, and continues as the module.
//!
//! ```text
//! start ---> Step::Send, or Step::Sign when the device's key signs elsewhere
//!            Signing --signed----> Sending
//!            Sending --answered--> Step::Done | Step::Wait        401, 403, 404 --> Err(Service)
//!            Sending --unanswered-> Step::Wait                    too often -----> Err(Unreachable)
//!            Waiting --elapsed---> Step::Send | Step::Sign (when the clock was set forward and the key signs elsewhere)
//!            a module without authentication, or with X.509 and no certificate for it ---> Err(Module)
//! ```
//! The states and their methods are those of [`exchange`](crate::exchange). After a registration the attempt goes on with
//! what is left of its time:
//!
//! ```
//! use defender_auth::{Attempt, Device, Error, Now, device_mode::{ModuleLookup, Step, Target}};
//!
//! fn continue_as_module(device: Device, now: Now, attempt: Attempt) -> Result<Step, Error> {
//!     ModuleLookup::start(device, Target::default(), now, attempt)
//! }
//! ```
//!
//! A module cannot begin it:
//! ```compile_fail,E0308
//! # use defender_auth::{Attempt, Now, Outcome, device_mode::{ModuleLookup, Target}};
//! fn f(module: Outcome, now: Now, attempt: Attempt) { let _ = ModuleLookup::start(module, Target::default(), now, attempt); }
//! ```
//! and a request is answered once:
//! ```compile_fail,E0382
//! # use defender_auth::{Now, device_mode::{ModuleLookup, Sending}};
//! fn f(lookup: ModuleLookup<Sending>, now: Now) { let _ = lookup.unanswered(now); let _ = lookup.unanswered(now); }
//! ```
//!
//! Source: Microsoft's page `Security agent authentication methods`;
//! `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c`.

mod message;
mod module_lookup;

pub use crate::flow::exchange::{Sending, Signing, Waiting};
pub use module_lookup::{DeviceMode, ModuleLookup, Step};

use crate::{
    credential::{ClientCertificate, Issuer},
    error::PlanError,
    flow::outcome::{ConnectionProfile, Device},
    identity::ModuleId,
    sas::Audience,
};

/// The module to continue as, and how its identity is requested.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) module: ModuleId,
    pub(crate) certificate: Option<ClientCertificate>,
    pub(crate) audience: Audience,
    pub(crate) creates: bool,
}

impl Target {
    /// A module of the device.
    #[must_use]
    pub const fn new(module: ModuleId) -> Self {
        Self { module, certificate: None, audience: Audience::Encoded, creates: false }
    }

    /// With the module's own certificate, for a module that the hub authenticates by X.509.
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

    /// Creates the module when the hub does not have it (404). The hub makes its keys.
    #[must_use]
    pub const fn create_if_missing(mut self) -> Self {
        self.creates = true;
        self
    }

    /// Whether the module is created when the hub does not have it.
    #[must_use]
    pub const fn creates(&self) -> bool {
        self.creates
    }

    /// The module.
    #[must_use]
    pub const fn module(&self) -> &ModuleId {
        &self.module
    }

    /// The certificate that the module uses where the hub asks for one.
    #[must_use]
    pub const fn certificate(&self) -> Option<&ClientCertificate> {
        self.certificate.as_ref()
    }

    /// The form of the audience in the token for the lookup.
    #[must_use]
    pub const fn audience(&self) -> Audience {
        self.audience
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

/// Whether a device can continue as a module at its hub.
pub(crate) fn check_device(device: &Device) -> Result<(), PlanError> {
    match device.as_outcome().connection_profile() {
        ConnectionProfile::Classic => check(device.credential().certificate()),
        _ => Err(PlanError::ProfileWithoutModules),
    }
}

/// The documented limit of Device mode.
pub(crate) fn check(certificate: Option<&ClientCertificate>) -> Result<(), PlanError> {
    match certificate.and_then(ClientCertificate::issuer) {
        Some(Issuer::Authority) => Err(PlanError::DeviceModeNeedsSelfSigned),
        Some(Issuer::SelfSigned) | None => Ok(()),
    }
}
