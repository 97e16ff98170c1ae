//! Proxies that variables of the environment name.

use super::{
    address::{Named, Proxy, read},
    exceptions,
};
use crate::base::secret::SecretText;
use alloc::{string::String, vec::Vec};
use std::env;

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

/// What the environment says about proxies.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    variables: Vec<ProxyVariable>,
    used: Option<Proxy>,
    exceptions: String,
}

impl Proxies {
    /// By the variables of this process as they are now.
    #[must_use]
    pub fn from_env() -> Self {
        // On Windows HTTPS_PROXY and https_proxy are one variable.
        let is_one = |name: &str| !cfg!(windows) || name.starts_with(char::is_uppercase);
        let value = |name| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self::new(|name| value(name).filter(|_| is_one(name)))
    }

    /// By these variables: the value of each that is set.
    #[must_use]
    pub fn new(value: impl Fn(&'static str) -> Option<String>) -> Self {
        let mut this =
            Self { exceptions: EXCEPTIONS.into_iter().find_map(&value).unwrap_or_default(), ..Self::default() };
        for name in VARIABLES {
            let Some(value) = value(name).map(SecretText::new).filter(|value| !value.expose().is_empty()) else {
                continue;
            };
            let usage = match read(name, value.expose()) {
                Named::Http(_) if this.used.is_some() => ProxyUsage::Overridden,
                Named::Http(proxy) => {
                    this.used = Some(proxy);
                    ProxyUsage::Used
                }
                Named::Socks => ProxyUsage::Socks,
                Named::Other => ProxyUsage::Invalid,
            };
            this.variables.push(ProxyVariable { name, usage });
        }
        this
    }

    /// With this login, `USER:PASSWORD`, in place of one in the variable.
    #[must_use]
    pub fn with_login(mut self, login: SecretText) -> Self {
        if let Some(proxy) = &mut self.used {
            proxy.login = Some(login);
        }
        self
    }

    /// The variables that are set, and which one is used.
    #[must_use]
    pub fn variables(&self) -> &[ProxyVariable] {
        &self.variables
    }

    /// The proxy for a port of a host. `None` without one, and when `NO_PROXY` excludes the host.
    #[must_use]
    pub fn of(&self, host: &str, port: u16) -> Option<&Proxy> {
        self.used.as_ref().filter(|_| !exceptions::contain(&self.exceptions, host, port))
    }
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
            "http://us%e9r@proxy",
            "http://a%3Ab:c@proxy",
            "http://pro\r\nxy",
            "http://[::1",
            "http://[proxy]:1",
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
}
