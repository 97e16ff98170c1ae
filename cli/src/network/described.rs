//! The way to a host, for people.

use super::route::Network;
use defender_auth::identity::HostName;

impl Network {
    /// By what a host is reached and verified, for `--verbose`.
    pub(crate) fn described(&self, host: &HostName, port: u16) -> String {
        let roots = match (&self.roots, self.azure_roots, &self.found) {
            (Some(file), ..) => file.place(),
            (None, true, _) => "the built-in ones of Azure IoT",
            (None, false, Some(_)) => "those of the daemon",
            (None, false, None) => "those of this system",
        };
        let address = match self.address(host, port) {
            Ok(Some(address)) => format!("{address} (--endpoint)"),
            _ => self.proxies.of(host.as_str(), port).map_or_else(|| "its name".into(), |_| "a proxy".into()),
        };
        format!("address: {address}; trust anchors: {roots}")
    }
}
