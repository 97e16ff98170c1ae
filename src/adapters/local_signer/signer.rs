use super::Client;
use crate::{
    credential::{ClientCertificate, Credential},
    error::{Daemon, Error},
    flow::{
        identity_service::{Account, CertifiedAccount, IdentityService},
        local::Endpoint,
        outcome::Outcome,
        plan::Plan,
        workload::Workload,
    },
    identity::Identity,
    key::{KeyUse, Signature},
    sas::StringToSign,
};
use alloc::{boxed::Box, string::String};
use std::fs;

/// The agent's identity on this device, and the daemon that signs for it.
#[derive(Clone, Debug)]
pub struct Signer {
    client: Client,
    holder: Holder,
}

#[derive(Clone, Debug)]
enum Holder {
    Workload(Box<Workload>),
    IdentityService { service: Box<IdentityService>, account: Box<Account> },
}

impl Signer {
    /// The daemon of this device that signs for this process: the workload API when these variables are those of a module,
    /// else the identity service when it has its socket. `None` when there is neither.
    ///
    /// # Errors
    /// When a variable is missing or not valid, and when the identity service does not tell the identity.
    pub fn find(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Error> {
        if Workload::is_in(&variable) {
            return Workload::from_environment(variable).map(|workload| Some(Self::workload(workload)));
        }
        identity_service().map(Self::identity_service).transpose()
    }

    /// What signs for a plan that begins with one of the two. `None` for every other plan.
    ///
    /// # Errors
    /// When the identity service does not tell the identity.
    pub fn of(plan: &Plan) -> Result<Option<Self>, Error> {
        match (plan.known_workload(), plan.known_identity_service()) {
            (Some(workload), _) => Ok(Some(Self::workload(workload.clone()))),
            (None, service) => service.cloned().map(Self::identity_service).transpose(),
        }
    }

    /// The workload API.
    #[must_use]
    pub fn workload(workload: Workload) -> Self {
        Self { client: Client::default(), holder: Holder::Workload(workload.into()) }
    }

    /// The identity service, which is asked for the identity.
    ///
    /// # Errors
    /// Why it does not tell the identity: a permission that is missing is named.
    pub fn identity_service(service: IdentityService) -> Result<Self, Error> {
        Self::identity_service_by(service, Client::default())
    }

    /// The same by another client: for other time limits, of the first question too.
    ///
    /// # Errors
    /// Those of [`identity_service`](Self::identity_service).
    pub fn identity_service_by(service: IdentityService, client: Client) -> Result<Self, Error> {
        let service = own_uid().into_iter().fold(service, IdentityService::with_uid);
        let account = client.run(|now, limit| service.identify(now, limit))?;
        Ok(Self { client, holder: Holder::IdentityService { service: service.into(), account: account.into() } })
    }

    /// With another client: for other time limits.
    #[must_use]
    pub fn with_client(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The agent's identity.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        match &self.holder {
            Holder::Workload(workload) => workload.identity(),
            Holder::IdentityService { account, .. } => account.identity(),
        }
    }

    /// The daemon that knows the identity.
    #[must_use]
    pub const fn daemon(&self) -> Daemon {
        match &self.holder {
            Holder::Workload(_) => Daemon::Workload,
            Holder::IdentityService { .. } => Daemon::Identity,
        }
    }

    /// Where that daemon listens.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        match &self.holder {
            Holder::Workload(workload) => workload.endpoint(),
            Holder::IdentityService { service, .. } => service.identity_endpoint(),
        }
    }

    /// The identity with an external signer, which is this: its passwords have to be signed. One that authenticates with a
    /// certificate has one that is held elsewhere: [`certified`](Self::certified) leads to it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.certified() {
            Some(_) => Outcome::new(self.identity().clone(), ClientCertificate::held_elsewhere(None)),
            None => Outcome::new(self.identity().clone(), Credential::ExternalSigner),
        }
    }

    /// The identity and the daemons that have its certificate and its key, when it authenticates with a certificate: for
    /// `private_key::open_account`.
    #[must_use]
    pub fn certified(&self) -> Option<CertifiedAccount> {
        match &self.holder {
            Holder::Workload(_) => None,
            Holder::IdentityService { service, account } => {
                CertifiedAccount::new(IdentityService::clone(service), Account::clone(account))
            }
        }
    }

    /// The plan, for a [`Session`](crate::Session) or to be run again. That of the identity service reads the identity each
    /// time.
    pub fn plan(&self) -> Plan {
        match &self.holder {
            Holder::Workload(workload) => Plan::workload(Workload::clone(workload)),
            Holder::IdentityService { service, .. } => Plan::identity_service(IdentityService::clone(service)),
        }
    }

    /// Has a token signed.
    ///
    /// # Errors
    /// When the daemon cannot be reached or does not sign; and with
    /// [`DaemonProblem::Reprovisioned`](crate::error::DaemonProblem::Reprovisioned) when the agent has another identity by
    /// now: [`identify`](Self::identify) reads it.
    pub fn sign(&mut self, key_use: KeyUse, string: &StringToSign) -> Result<Signature, Error> {
        if key_use != KeyUse::Hub {
            return Err(Error::NotSupported { what: "a registration that a daemon of this device signs" });
        }
        let client = self.client;
        match &mut self.holder {
            Holder::Workload(workload) => client.run(|now, limit| workload.sign(string, now, limit)),
            Holder::IdentityService { service, account } => {
                let known = Some(Account::clone(account));
                let signed = client.run(|now, limit| service.sign(known, string, now, limit))?;
                **account = signed.account;
                Ok(signed.signature)
            }
        }
    }

    /// Reads the identity again; whether it is another one. That of a module is in its environment, which does not change.
    ///
    /// # Errors
    /// Why the identity service does not tell it.
    pub fn identify(&mut self) -> Result<bool, Error> {
        let Holder::IdentityService { service, account } = &mut self.holder else { return Ok(false) };
        let new = self.client.run(|now, limit| service.identify(now, limit))?;
        let is_another = new.identity() != account.identity();
        **account = new;
        Ok(is_another)
    }

    /// The certificates, in PEM, that are the trust anchors of the gateway through which a module connects. `None`
    /// without a gateway: the hub's certificate leads to public roots. The identity service has none to tell.
    ///
    /// # Errors
    /// When the daemon cannot be reached or does not tell them.
    pub fn gateway_roots(&self) -> Result<Option<String>, Error> {
        match &self.holder {
            Holder::Workload(workload) if workload.identity().gateway().is_some() => {
                self.client.run(|now, limit| workload.trust_bundle(now, limit)).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// The identity service, where it has its socket on this host.
pub(in crate::adapters) fn identity_service() -> Option<IdentityService> {
    let service = IdentityService::default();
    let is_here = match service.identity_endpoint() {
        Endpoint::Socket(path) => fs::symlink_metadata(&**path).is_ok(),
        Endpoint::Http { .. } => false,
    };
    is_here.then_some(service)
}

/// The user that a daemon sees, for [`IdentityService::with_uid`]. `None` where the system does not tell it.
#[cfg(unix)]
#[must_use]
pub fn own_uid() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").ok().map(|own| own.uid())
}

/// The user that a daemon sees, for [`IdentityService::with_uid`]. `None` where the system does not tell it.
#[cfg(not(unix))]
#[must_use]
pub const fn own_uid() -> Option<u32> {
    None
}
