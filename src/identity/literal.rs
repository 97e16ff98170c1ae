//! Host names that are IPv6 addresses: in brackets, as URLs have them (RFC 3986, section 3.2.2).

use super::{HostName, IdentifierError};
use core::net::{IpAddr, Ipv6Addr};

/// Whether a text is an address in brackets. `None` for a text that is not meant to be an IPv6 address.
pub(super) fn check(text: &str) -> Option<Result<(), IdentifierError>> {
    let (inside, rest) = match text.strip_prefix('[') {
        Some(text) => text.split_once(']').map_or((text, None), |(inside, rest)| (inside, Some(rest))),
        None => (text, None),
    };
    let (address, zone) = inside.split_once('%').map_or((inside, None), |(address, zone)| (address, Some(zone)));
    if !is_meant(address, rest.is_some()) {
        return None;
    }
    Some(match (address.parse::<Ipv6Addr>(), zone, rest) {
        (Ok(_), Some(_), _) => Err(IdentifierError::Zone),
        (Ok(_), None, None) if !text.starts_with('[') => Err(IdentifierError::Brackets),
        (Ok(_), None, Some("")) => Ok(()),
        (Ok(_), None, Some(port)) if port.starts_with(':') => Err(IdentifierError::Port),
        _ => Err(IdentifierError::Address),
    })
}

/// A name with a port has one colon, and what a template has in brackets is seldom hexadecimal.
fn is_meant(address: &str, in_brackets: bool) -> bool {
    let colons = address.bytes().filter(|byte| *byte == b':').count();
    let is_hexadecimal = || address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
    (in_brackets && colons > 1) || (colons > usize::from(!in_brackets) && is_hexadecimal())
}

impl HostName {
    /// The address, if the name is one: of IPv4, or of IPv6 in brackets.
    ///
    /// ```
    /// use defender_auth::identity::HostName;
    ///
    /// assert!(HostName::new("[::1]")?.address().is_some_and(|address| address.is_loopback()));
    /// assert_eq!(HostName::new("edge.local")?.address(), None);
    /// # Ok::<_, defender_auth::identity::IdentifierError>(())
    /// ```
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.without_brackets().parse().ok()
    }

    /// The name as resolvers of names and certificates have it: an IPv6 address without its brackets.
    #[must_use]
    pub fn without_brackets(&self) -> &str {
        let text = self.as_str();
        text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierError as E;

    #[test]
    fn an_ipv6_address_has_brackets() {
        for good in ["[::1]", "[2001:db8::A]", "[::ffff:10.0.0.1]", "[2001:db8:0:0:0:0:0:1]", "[::]"] {
            let name = HostName::new(good).unwrap();
            assert_eq!((name.as_str(), name.without_brackets()), (good, &good[1..good.len() - 1]));
            assert!(name.address().unwrap().is_ipv6(), "{good}");
        }
        for bare in ["::1", "2001:db8::1", "::", "::ffff:10.0.0.1"] {
            assert_eq!(HostName::new(bare), Err(E::Brackets), "{bare}");
        }
        let name = HostName::new("10.0.0.1").unwrap();
        assert_eq!((name.without_brackets(), name.address().unwrap().is_ipv4()), ("10.0.0.1", true));
        assert_eq!(HostName::new("edge.local").unwrap().address(), None);
    }

    #[test]
    fn a_malformed_address_is_an_error_of_its_own() {
        for bad in [
            "[:::1]",
            "[1::2::3]",
            "[12345::]",
            "[::g]",
            "[1:2]",
            "[::1",
            "[::1]x",
            "[::256.0.0.1]",
            "::1]",
            "1::2::3",
            "[[::1]]",
            "[ ::1]",
            "[::1 ]",
        ] {
            assert!(matches!(HostName::new(bad), Err(E::Address | E::Port | E::Character { .. })), "{bad}");
        }
        for bad in ["[:::1]", "[12345::]", "[::g]", "[1:2]", "[::1", "[::1]x", "1::2::3"] {
            assert_eq!(HostName::new(bad), Err(E::Address), "{bad}");
        }
    }

    #[test]
    fn an_address_has_neither_a_port_nor_a_zone() {
        for port in ["[::1]:8883", "[2001:db8::1]:", "h.net:8883", "10.0.0.1:443"] {
            assert_eq!(HostName::new(port), Err(E::Port), "{port}");
        }
        for zone in ["[fe80::1%eth0]", "[fe80::1%25eth0]", "fe80::1%eth0", "[fe80::1%]", "[fe80::1%2]:443", "fe80::1%2"]
        {
            assert_eq!(HostName::new(zone), Err(E::Zone), "{zone}");
        }
        assert_eq!(HostName::new("https://[::1]"), Err(E::Url));
    }

    #[test]
    fn a_placeholder_in_brackets_is_no_address() {
        let name = crate::identity::IdentifierKind::HostName;
        for text in ["[hub]", "[IoT Hub Name].azure-devices.net", "[host:port]", "[hub].net:443", "[face]"] {
            assert_eq!(HostName::new(text), Err(E::Placeholder { name }), "{text}");
        }
    }
}
