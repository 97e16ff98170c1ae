//! Proxies in the environment that are not used, which would otherwise be found out in the firewall's log only.
//!
//! A proxy's URL may contain a password: messages name the variable, never its value.

use crate::terminal::stderr;
use defender_auth::{
    https::Client,
    identity::HostName,
    proxy::{Proxies, ProxyUsage, ProxyVariable},
};

/// Reports the variables that an HTTPS connection ignores.
pub(super) fn report_unused_by_https(client: &Client) {
    for ProxyVariable { name, usage } in client.proxy_variables() {
        let why = match usage {
            ProxyUsage::AddressesGiven => {
                "--endpoint replaces it, and HTTPS connects directly; unset the variable, or leave out --endpoint"
            }
            ProxyUsage::Socks => "SOCKS proxies are not supported; name an HTTP proxy (http://HOST:PORT)",
            ProxyUsage::Invalid => "it is not the URL of a proxy; write http://HOST:PORT",
            // Another one is, as the user of several expects.
            _ => return,
        };
        warn(name, why);
        if usage == ProxyUsage::AddressesGiven {
            return;
        }
    }
}

/// Reports that MQTT to this host ignores the variables.
pub(super) fn report_unused_by_mqtt(host: &HostName) {
    if let Some(variable) = ProxyVariable::of_environment(host).first() {
        warn(variable.name, &format!("MQTT connects directly to {host}, port 8883; allow that in the firewall"));
    }
}

fn warn(name: &str, why: &str) {
    stderr::warning(format_args!("{name} is not used: {why}"));
}
