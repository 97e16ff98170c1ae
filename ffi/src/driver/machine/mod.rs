//! The library's driver behind the C interface.

mod event;
mod failure;
mod signer;

use super::views::Views;
use crate::{
    code::{DEFENDERAUTH_STATE, DEFENDERAUTH_TLS},
    daemon,
    failure::Failure,
    operational,
    session::{Session, SourceList, Values},
    tpm::Device,
};
use defender_auth::{
    agent,
    https::Client,
    identity::{HostName, Identity},
    store::Store,
    tls::Roots,
};
#[cfg(feature = "local-signer")]
use defender_auth::{identity_service::IdentityService, workload::Workload};
use defender_auth_mqtt::driver::{Control, Driver as Inner, KeysInMemory, Options, Qos};
use signer::Holder;
use std::{mem, net::SocketAddr, path::Path, time::Duration};

#[expect(clippy::unnecessary_wraps, reason = "a build without drivers returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// Before and after its start.
pub(super) enum Machine {
    Configured(Box<Settings>),
    Started(Box<Inner>),
    /// The start has failed, and with it the settings are gone.
    Failed,
}

/// What was set.
#[derive(Default)]
pub(super) struct Settings {
    options: Options,
    https_at: Vec<(HostName, SocketAddr)>,
    mqtt_at: Vec<(HostName, SocketAddr)>,
}

impl Machine {
    #[expect(clippy::unnecessary_wraps, reason = "a build without drivers returns an error")]
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self::Configured(Box::default()))
    }

    fn settings(&mut self) -> Result<&mut Settings, Failure> {
        match self {
            Self::Configured(settings) => Ok(settings),
            Self::Started(_) | Self::Failed => {
                let message = "it was started and cannot be configured any longer; configure it before";
                Err(Failure::new(DEFENDERAUTH_STATE, message).field("driver"))
            }
        }
    }

    fn set(&mut self, change: impl FnOnce(Options) -> Options) -> Result<(), Failure> {
        let settings = self.settings()?;
        settings.options = change(mem::take(&mut settings.options));
        Ok(())
    }

    fn started(&mut self) -> Result<&mut Inner, Failure> {
        match self {
            Self::Started(driver) => Ok(driver),
            Self::Configured(_) | Self::Failed => Err(not_started()),
        }
    }

    pub(super) fn trust_file(&mut self, path: &Path) -> Result<(), Failure> {
        let pem = agent::roots_file(path)?;
        let text = str::from_utf8(&pem)
            .map_err(|_| Failure::new(DEFENDERAUTH_TLS, "the file is not text; convert its certificates to PEM"));
        text.and_then(|text| self.trust_pem(text)).map_err(|failure| failure.field(path.display().to_string()))
    }

    pub(super) fn trust_pem(&mut self, pem: &str) -> Result<(), Failure> {
        // Read here, so that what is wrong with it is not said by the start.
        Client::with(Roots::Pem(pem.as_bytes()), Vec::new()).map_err(|error| Failure::from(error).field("pem"))?;
        self.set(|options| options.with_root_pem(pem))
    }

    pub(super) fn trust_azure(&mut self) -> Result<(), Failure> {
        self.set(|options| options.with_roots(Roots::Azure))
    }

    pub(super) fn set_addresses(&mut self, host: HostName, https: SocketAddr, mqtt: SocketAddr) -> Result<(), Failure> {
        let settings = self.settings()?;
        settings.https_at.push((host.clone(), https));
        settings.mqtt_at.push((host, mqtt));
        Ok(())
    }

    pub(super) fn set_folder(&mut self, path: &Path) -> Result<(), Failure> {
        self.settings()?;
        let store = Store::open(path)?;
        self.set(|options| options.with_store(store))
    }

    pub(super) fn set_keep_alive(&mut self, interval: Duration) -> Result<(), Failure> {
        self.set(|options| options.with_keep_alive(interval))
    }

    pub(super) fn set_certificate_curve(&mut self, curve: i32) -> Result<(), Failure> {
        self.settings()?;
        let keys = KeysInMemory(operational::curve(curve)?);
        self.set(|options| options.with_certificate_keys(keys))
    }

    pub(super) fn set_certificate_root(&mut self, pem: &str) -> Result<(), Failure> {
        self.settings()?;
        let root =
            operational::root("pem", pem)?.ok_or_else(|| Failure::argument("pem", "it is empty; pass a root"))?;
        self.set(|options| options.with_certificate_root(root))
    }

    pub(super) fn set_export_folder(&mut self, path: &Path) -> Result<(), Failure> {
        self.settings()?;
        let folder = Store::open(path)?;
        self.set(|options| options.with_exported_certificates(folder))
    }

    pub(super) fn set_tpm(&mut self, tpm: Device) -> Result<(), Failure> {
        self.set(|options| options.with_signer(Holder(tpm)))
    }

    #[cfg(feature = "local-signer")]
    pub(super) fn set_daemon(&mut self, daemon: &daemon::Holder) -> Result<(), Failure> {
        self.set(|options| match daemon {
            daemon::Holder::Workload(workload) => options.with_signer(Workload::clone(workload)),
            daemon::Holder::IdentityService(service) => options.with_signer(IdentityService::clone(service)),
        })
    }

    #[cfg(not(feature = "local-signer"))]
    #[expect(clippy::unused_self, reason = "as in a build with the client")]
    pub(super) fn set_daemon(&mut self, _: &daemon::Holder) -> Result<(), Failure> {
        daemon::can_run()
    }

    pub(super) fn start(&mut self, sources: &SourceList, policy: Option<&Values>) -> Result<(), Failure> {
        let settings = self.settings()?;
        sources.check()?;
        let Settings { options, https_at, mqtt_at } = mem::take(settings);
        *self = Self::Failed;
        let policy = policy.map(Values::policy).unwrap_or_default();
        let driver = Inner::new(sources.all().to_vec(), policy, options.with_addresses(https_at, mqtt_at))?;
        *self = Self::Started(Box::new(driver));
        Ok(())
    }

    /// Who has connected, and what else has happened.
    pub(super) fn next(&mut self, limit: Duration) -> Result<(Option<Identity>, Views), Failure> {
        Ok(self.started()?.next(limit)?.map(event::read).unwrap_or_default())
    }

    pub(super) const fn is_connected(&self) -> bool {
        match self {
            Self::Started(driver) => driver.is_connected(),
            Self::Configured(_) | Self::Failed => false,
        }
    }

    pub(super) const fn is_started(&self) -> bool {
        matches!(self, Self::Started(_))
    }

    pub(super) fn publish(&mut self, topic: &str, payload: &[u8], is_acknowledged: bool) -> Result<(), Failure> {
        Ok(self.started()?.publish(topic, payload, qos(is_acknowledged))?)
    }

    pub(super) fn subscribe(&mut self, topic: &str, is_acknowledged: bool) -> Result<(), Failure> {
        Ok(self.started()?.subscribe(topic, qos(is_acknowledged))?)
    }

    pub(super) fn unsubscribe(&mut self, topic: &str) -> Result<(), Failure> {
        Ok(self.started()?.unsubscribe(topic)?)
    }

    pub(super) fn control(&self) -> Result<Handle, Failure> {
        match self {
            Self::Started(driver) => Ok(Handle(driver.control())),
            Self::Configured(_) | Self::Failed => Err(not_started()),
        }
    }

    /// Shows the session as it is now.
    pub(super) fn show(&self, view: &mut Session, identity: Option<&Identity>) {
        if let Self::Started(driver) = self {
            view.show(driver.session(), identity);
        }
    }

    pub(super) fn close(self) {
        if let Self::Started(driver) = self {
            driver.close();
        }
    }
}

/// For other threads.
pub(super) struct Handle(Control);

impl Handle {
    pub(super) fn cancel(&self) {
        self.0.cancel();
    }

    pub(super) fn wake(&self) {
        self.0.wake();
    }

    pub(super) fn clock_set(&self) {
        self.0.clock_set();
    }

    pub(super) fn rotate(&self, sources: &SourceList) -> Result<(), Failure> {
        sources.check()?;
        self.0.rotate(sources.all().to_vec());
        Ok(())
    }
}

fn not_started() -> Failure {
    Failure::new(DEFENDERAUTH_STATE, "it was not started, or its start has failed; call `_start`, once").field("driver")
}

const fn qos(is_acknowledged: bool) -> Qos {
    if is_acknowledged { Qos::AtLeastOnce } else { Qos::AtMostOnce }
}
