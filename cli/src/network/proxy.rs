//! Proxies in the environment that are not used, which would otherwise be found out in the firewall's log only.
//!
//! A proxy's URL may hold a password: messages name the variable, never its value.

use crate::terminal::stderr;
use std::{env, ffi::OsString};

/// The variables in the order in which the HTTPS client reads them.
const VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Reports the variables that an HTTPS connection ignores.
pub(super) fn report_unused_by_https(endpoints_are_given: bool) {
    for (name, value) in given() {
        if endpoints_are_given {
            warn(
                name,
                "--endpoint replaces it, and HTTPS connects directly; unset the variable, or leave out --endpoint",
            );
            return;
        }
        match value.to_str().map_or(Proxy::Invalid, Proxy::of) {
            Proxy::Http => return,
            Proxy::Socks => warn(name, "SOCKS proxies are not supported; name an HTTP proxy (http://HOST:PORT)"),
            Proxy::Invalid => warn(name, "it is not the URL of a proxy; write http://HOST:PORT"),
            // The client takes it, and finds no such proxy.
            Proxy::InvalidPort => {
                stderr::warning(format_args!("{name} has a port that is not a number; write http://HOST:PORT"));
                return;
            }
        }
    }
}

/// Reports that MQTT to this host ignores the variables.
pub(super) fn report_unused_by_mqtt(host: &str) {
    let excluded = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| env::var(name).ok());
    if excluded.is_some_and(|list| is_excluded(&list, host)) {
        return;
    }
    if let Some((name, _)) = given().next() {
        warn(name, &format!("MQTT connects directly to {host}, port 8883; allow that in the firewall"));
    }
}

fn warn(name: &str, why: &str) {
    stderr::warning(format_args!("{name} is not used: {why}"));
}

/// The variables that are set and not empty.
fn given() -> impl Iterator<Item = (&'static str, OsString)> {
    let value = |name| env::var_os(name).filter(|value| !value.is_empty());
    VARIABLES.into_iter().filter_map(move |name| Some((name, value(name)?)))
}

#[derive(Debug, PartialEq, Eq)]
enum Proxy {
    Http,
    Socks,
    Invalid,
    InvalidPort,
}

impl Proxy {
    /// Without a scheme it is an HTTP proxy.
    fn of(text: &str) -> Self {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Without a scheme it may not have a path.
        let is_complete = rest.len() < text.len() || authority.len() == rest.len();
        let address = authority.rsplit_once('@').map_or(authority, |(_, address)| address);
        let (host, port) = match address.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (address, None),
        };
        let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_host || !is_complete {
            return Self::Invalid;
        }
        let is_port = port.is_none_or(|port| port.is_empty() || port.parse::<u16>().is_ok());
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" if is_port => Self::Http,
            "http" | "https" => Self::InvalidPort,
            "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => Self::Socks,
            _ => Self::Invalid,
        }
    }
}

/// Whether a list of hosts without a proxy has this one: by its name, by a domain, or by `*`.
fn is_excluded(list: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        let domain = entry.trim_start_matches('*').trim_start_matches('.');
        entry == "*" || (!domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}"))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_proxies_are_used() {
        for used in ["http://proxy:3128", "HTTPS://proxy", "proxy:3128", "http://user:p%40ss@[::1]:3128/", "[::1]"] {
            assert_eq!(Proxy::of(used), Proxy::Http, "{used}");
        }
        for socks in ["socks5://proxy:1080", "socks5h://proxy", "SOCKS4a://proxy:1"] {
            assert_eq!(Proxy::of(socks), Proxy::Socks, "{socks}");
        }
        for invalid in ["ftp://proxy", "http://", "://proxy", "proxy/path", "no proxy", "http://user@", "/"] {
            assert_eq!(Proxy::of(invalid), Proxy::Invalid, "{invalid}");
        }
        assert_eq!(Proxy::of("proxy:port"), Proxy::InvalidPort);
    }

    #[test]
    fn hosts_are_excluded_by_name_and_domain() {
        for list in ["*", "a,contoso.azure-devices.net", ".azure-devices.net", " *.Azure-Devices.net "] {
            assert!(is_excluded(list, "contoso.azure-devices.net"), "{list}");
        }
        for list in ["", "azure-devices", "s.net", "other.azure-devices.net"] {
            assert!(!is_excluded(list, "contoso.azure-devices.net"), "{list}");
        }
    }
}
