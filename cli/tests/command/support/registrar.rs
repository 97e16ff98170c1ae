//! A provisioning service to register at.

use crate::support::{
    HOST, KEY, MODULE_KEY, Run, defenderauth,
    site::{SCOPE, Site, no_token},
};
use defender_auth_emulator::{Dps, Enrollment, Group, Hub, World};
use std::{net::SocketAddr, thread};

/// What carries the requests.
pub(crate) const CARRIERS: [&str; 2] = ["https", "mqtt"];

/// The registration id of [`enrollment`].
pub(crate) const ID: &str = "dev-02";

/// The key of [`group`].
pub(crate) const GROUP_KEY: &str = MODULE_KEY;

/// One device that is assigned at once.
pub(crate) fn enrollment() -> Enrollment {
    Enrollment::new(ID, KEY).pending(0)
}

/// A group whose devices are assigned at once.
pub(crate) fn group() -> Group {
    Group::new("fleet", GROUP_KEY).pending(0)
}

/// A service with its hub, and files with keys.
pub(crate) struct Registrar {
    pub(crate) site: Site,
    /// Where the service is asked for.
    host: String,
    pub(crate) key: String,
    group_key: String,
}

impl Registrar {
    pub(crate) fn new(dps: Dps) -> Self {
        let host = dps.host_name().to_owned();
        let site = Site::play(World::new().hub(Hub::new(HOST)).dps(dps));
        let key = site.scratch.write("device.key", KEY);
        let group_key = site.scratch.write("group.key", GROUP_KEY);
        Self { site, host, key, group_key }
    }

    /// With one enrollment.
    pub(crate) fn of(enrollment: Enrollment) -> Self {
        Self::new(Dps::new(SCOPE).enrollment(enrollment))
    }

    /// Registers the device of [`enrollment`] with its key.
    pub(crate) fn register(&self, carrier: &str, more: &[&str]) -> Run {
        self.provision(carrier, ID, &[&["--key-file", &self.key], more].concat())
    }

    /// The arguments with which the device of [`enrollment`] registers over HTTPS, by way of that address.
    pub(crate) fn arguments(&self, by: SocketAddr, more: &[&str]) -> Vec<String> {
        let endpoint = format!("{}={by}", self.host);
        let service = ["provision", "--endpoint", &endpoint, "--ca-file", &self.site.roots];
        let device = ["--id-scope", SCOPE, "--registration-id", ID, "--key-file", &self.key];
        service.iter().chain(&device).chain(more).map(ToString::to_string).collect()
    }

    /// Registers a device with the key of [`group`].
    pub(crate) fn register_in_group(&self, carrier: &str, id: &str, more: &[&str]) -> Run {
        self.provision(carrier, id, &[&["--group-key-file", &self.group_key], more].concat())
    }

    /// Registers a device, with whatever key.
    pub(crate) fn provision(&self, carrier: &str, id: &str, more: &[&str]) -> Run {
        let device = ["--id-scope", SCOPE, "--registration-id", id];
        call(&self.endpoint(carrier), &self.site.roots, carrier, &[&device, more].concat())
    }

    /// Registers the device of [`enrollment`] in another scope.
    pub(crate) fn register_in(&self, scope: &str, carrier: &str) -> Run {
        let device = ["--id-scope", scope, "--registration-id", ID, "--key-file", &self.key];
        call(&self.endpoint(carrier), &self.site.roots, carrier, &device)
    }

    /// Registers the device of [`enrollment`], with another address of the service or other trust anchors.
    pub(crate) fn register_at(&self, endpoint: &str, roots: &str, carrier: &str) -> Run {
        let device = ["--id-scope", SCOPE, "--registration-id", ID, "--key-file", &self.key];
        call(endpoint, roots, carrier, &device)
    }

    /// `HOST=ADDR:PORT`
    pub(crate) fn endpoint(&self, carrier: &str) -> String {
        format!("{}={}", self.host, self.address(carrier))
    }

    pub(crate) fn address(&self, carrier: &str) -> SocketAddr {
        let emulator = &self.site.emulator;
        if carrier == "mqtt" { emulator.address() } else { emulator.https_address() }
    }
}

/// Runs a test over all carriers at the same time: for those that wait.
pub(crate) fn together(test: impl Fn(&str) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for carrier in CARRIERS {
            scope.spawn(move || test(carrier));
        }
    });
}

fn call(endpoint: &str, roots: &str, carrier: &str, more: &[&str]) -> Run {
    let service = ["provision", "--endpoint", endpoint, "--ca-file", roots, "--carrier", carrier];
    no_token(defenderauth(&[&service, more].concat(), ""))
}
