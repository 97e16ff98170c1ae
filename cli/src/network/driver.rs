//! What a driver of a session needs of the network.

use super::route::{HTTPS, Network};
use defender_auth::{mqtt::PORT, tls::Roots};
use defender_auth_mqtt::driver;

impl Network {
    /// What a driver needs of it. Hosts without an address of their own are reached by their names.
    pub(crate) fn driver_options(&self) -> driver::Options {
        let at = |port: u16| {
            let fitting = self.endpoints.iter().filter(|endpoint| endpoint.port.is_none_or(|given| given == port));
            fitting.map(|endpoint| (endpoint.host.clone(), endpoint.address)).collect()
        };
        let options = driver::Options::default()
            .with_addresses(at(HTTPS), at(PORT))
            .with_transport(self.transport)
            .with_proxies(self.proxies.clone())
            .with_limits(self.limits());
        match self.roots() {
            Roots::Pem(pem) => options.with_root_pem(String::from_utf8_lossy(pem)),
            _ if self.azure_roots => options.with_roots(Roots::Azure),
            _ => options.with_roots(Roots::Platform),
        }
    }
}
