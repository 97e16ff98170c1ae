//! The URL of a proxy.

use crate::base::{encode::percent_decoded, secret::SecretText};
use alloc::{
    format,
    string::{String, ToString as _},
};
use core::fmt;

/// An HTTP proxy that a variable of the environment names.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) variable: &'static str,
    host: String,
    port: u16,
    is_encrypted: bool,
    /// `USER:PASSWORD`.
    pub(super) login: Option<SecretText>,
}

impl Proxy {
    /// The variable that names it. Its value may contain a password, and is not shown.
    #[must_use]
    pub const fn variable(&self) -> &'static str {
        self.variable
    }

    /// A name or an address; that of an IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; unless the URL has one, 80, and 443 for a proxy behind TLS.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection to the proxy itself is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.variable)
    }
}

/// What the value of a variable names.
pub(super) enum Named {
    Http(Proxy),
    Socks,
    Other,
}

/// Reads a URL. Without a scheme it is that of an HTTP proxy.
pub(super) fn read(variable: &'static str, text: &str) -> Named {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Without a scheme it may not have a path.
    let is_complete = rest.len() < text.len() || authority.len() == rest.len();
    let (login, address) =
        authority.rsplit_once('@').map_or((None, authority), |(login, address)| (Some(login), address));
    let (host, port) = match address.rsplit_once(':') {
        // The colons of an IPv6 address are in brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port).filter(|port| !port.is_empty())),
        _ => (address, None),
    };
    let is_encrypted = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" if is_host(host) => return Named::Socks,
        _ => return Named::Other,
    };
    let default = if is_encrypted { 443 } else { 80 };
    let port = port.map_or(Some(default), |port| port.parse().ok());
    match (port, login.map(decoded)) {
        (Some(port), login) if is_host(host) && is_complete && login != Some(None) => {
            Named::Http(Proxy { variable, host: host.to_string(), port, is_encrypted, login: login.flatten() })
        }
        _ => Named::Other,
    }
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    match text.strip_prefix('[').map(|text| text.strip_suffix(']')) {
        Some(address) => address.is_some_and(|address| address.parse::<core::net::Ipv6Addr>().is_ok()),
        None => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    }
}

/// A login with its percent-encoded characters. Without a password it has an empty one.
fn decoded(login: &str) -> Option<SecretText> {
    if !login.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (user, password) = (percent_decoded(user)?, percent_decoded(password).map(String::from).map(SecretText::new)?);
    // The user's name ends at the first colon (RFC 7617, section 2).
    (!user.contains(':')).then(|| SecretText::new(format!("{user}:{}", password.expose())))
}
