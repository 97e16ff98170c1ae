//! Proxies that variables of the environment name.

use crate::identity::HostName;
use alloc::{format, string::String, vec::Vec};
use std::env;
use ureq::Proxy;

/// The variables, in the order in which they are read.
const VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// The variables with the hosts that are reached without a proxy.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A variable of the environment that names a proxy.
///
/// The URL of a proxy may contain a password. It is never shown; the variable's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyVariable {
    /// Its name, such as `HTTPS_PROXY`.
    pub name: &'static str,
    /// Whether the client uses it.
    pub usage: ProxyUsage,
}

impl ProxyVariable {
    /// The variables that are set now, as a client without addresses uses them for this host. None of them, if `NO_PROXY`
    /// excludes it. For a program that connects to the host without a proxy, and reports that.
    #[must_use]
    pub fn of_environment(host: &HostName) -> Vec<Self> {
        let proxies = Proxies::from_env();
        if is_excluded(&proxies.exceptions, host.as_str()) { Vec::new() } else { proxies.variables }
    }
}

/// Whether a client uses a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyUsage {
    /// It is used for the hosts that `NO_PROXY` does not name.
    Used,
    /// It is not used, because a variable before it is.
    Overridden,
    /// It is not used, because the client was given addresses to connect to.
    AddressesGiven,
    /// It is not used, because SOCKS is not supported.
    Socks,
    /// It is not used, because it is not the URL of an HTTP proxy: `http://HOST:PORT`.
    Invalid,
}

/// What the environment said when the client was created.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    variables: Vec<ProxyVariable>,
    used: Option<(&'static str, Proxy)>,
    exceptions: String,
}

impl Proxies {
    pub(super) fn from_env() -> Self {
        Self::new(|name| env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    pub(super) fn new(read: impl Fn(&'static str) -> Option<String>) -> Self {
        let mut this =
            Self { exceptions: EXCEPTIONS.into_iter().find_map(&read).unwrap_or_default(), ..Self::default() };
        for name in VARIABLES {
            let Some(value) = read(name).filter(|value| !value.is_empty()) else { continue };
            let usage = match (scheme_of(&value), Proxy::new(&value)) {
                (Scheme::Http, Ok(_)) if this.used.is_some() => ProxyUsage::Overridden,
                (Scheme::Http, Ok(proxy)) => {
                    this.used = Some((name, proxy));
                    ProxyUsage::Used
                }
                (Scheme::Socks, _) => ProxyUsage::Socks,
                _ => ProxyUsage::Invalid,
            };
            this.variables.push(ProxyVariable { name, usage });
        }
        this
    }

    /// The variables that are set.
    pub(super) fn variables(&self) -> &[ProxyVariable] {
        &self.variables
    }

    /// The proxy for a host, and the variable that names it.
    pub(super) fn of(&self, host: &str) -> Option<(&'static str, &Proxy)> {
        let (name, proxy) = self.used.as_ref()?;
        (!is_excluded(&self.exceptions, host)).then_some((name, proxy))
    }
}

enum Scheme {
    Http,
    Socks,
    Other,
}

/// Without a scheme it is an HTTP proxy.
fn scheme_of(text: &str) -> Scheme {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Without a scheme it may not have a path.
    let is_complete = rest.len() < text.len() || authority.len() == rest.len();
    let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
    let (host, port) = match address.rsplit_once(':') {
        // The colons of an IPv6 address are in brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (address, ""),
    };
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
    let is_port = port.is_empty() || port.parse::<u16>().is_ok();
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" if is_host && is_complete && is_port => Scheme::Http,
        "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" if is_host => Scheme::Socks,
        _ => Scheme::Other,
    }
}

/// Whether a list contains this host: by its name, by a domain above it, or by `*`.
fn is_excluded(list: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    list.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        let name = entry.rsplit_once(':').filter(|(_, port)| *port == "443").map_or(&*entry, |(name, _)| name);
        let domain = name.trim_start_matches('*').trim_start_matches('.');
        entry == "*" || (!domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}"))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How each variable is used.
    fn usages(set: &[(&'static str, &str)]) -> Vec<(&'static str, ProxyUsage)> {
        let read = |name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).into());
        Proxies::new(read).variables().iter().map(|variable| (variable.name, variable.usage)).collect()
    }

    fn usage(value: &str) -> ProxyUsage {
        usages(&[("HTTPS_PROXY", value)]).first().unwrap().1
    }

    #[test]
    fn only_http_proxies_are_used() {
        for used in ["http://proxy:3128", "HTTPS://proxy", "proxy:3128", "http://user:p%40ss@[::1]:3128/", "[::1]"] {
            assert_eq!(usage(used), ProxyUsage::Used, "{used}");
        }
        for socks in ["socks5://proxy:1080", "socks5h://proxy", "SOCKS4a://proxy:1"] {
            assert_eq!(usage(socks), ProxyUsage::Socks, "{socks}");
        }
        for invalid in [
            "ftp://proxy",
            "http://",
            "://proxy",
            "proxy/path",
            "no proxy",
            "http://user@",
            "/",
            "proxy:port",
            "http://proxy:65536",
            "http://us er@proxy",
        ] {
            assert_eq!(usage(invalid), ProxyUsage::Invalid, "{invalid}");
        }
    }

    #[test]
    fn the_first_usable_variable_is_used() {
        let set = [("ALL_PROXY", "socks5://p:1"), ("all_proxy", ""), ("HTTPS_PROXY", "p:1"), ("https_proxy", "q:1")];
        let expected = [
            ("ALL_PROXY", ProxyUsage::Socks),
            ("HTTPS_PROXY", ProxyUsage::Used),
            ("https_proxy", ProxyUsage::Overridden),
        ];
        assert_eq!(usages(&set), expected);
    }

    #[test]
    fn hosts_are_excluded_by_name_and_domain() {
        let host = "contoso.azure-devices.net";
        let domains = [".azure-devices.net", " *.Azure-Devices.net ", "azure-devices.net", "net:443"];
        for list in ["*", "a,contoso.azure-devices.net", "a, Contoso.azure-devices.net"].into_iter().chain(domains) {
            assert!(is_excluded(list, host), "{list}");
        }
        for list in ["", "azure-devices", "s.net", "other.azure-devices.net", "net:8883", ",", "o.azure-devices.net"] {
            assert!(!is_excluded(list, host), "{list}");
        }
    }
}
