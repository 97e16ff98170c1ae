//! `NO_PROXY`: the hosts that are reached without a proxy.

use alloc::format;
use core::net::IpAddr;

/// Whether a list contains this host. A name is in it by itself, by a domain above it, or by `*`, an address by itself, by
/// its network (`2001:db8::/32`), or by `*`; each but a network with a port or without.
pub(super) fn contain(list: &str, host: &str, port: u16) -> bool {
    let (host, address) = (host.to_ascii_lowercase(), address(host));
    list.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        let name = without_port(&entry, port);
        match address {
            _ if name == "*" => true,
            Some(host) => names_address(name, host),
            None => names_domain(name, &host),
        }
    })
}

/// An address, that of IPv6 with or without brackets. One of IPv4 that is written in IPv6 is the same.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// An entry less its port, if that is this one. The last part of an IPv6 address without brackets is no port.
fn without_port(entry: &str, port: u16) -> &str {
    match entry.rsplit_once(':') {
        Some((name, text)) if address(entry).is_none() && text.parse() == Ok(port) => name,
        _ => entry,
    }
}

fn names_address(entry: &str, host: IpAddr) -> bool {
    let Some((network, bits)) = entry.split_once('/') else { return address(entry) == Some(host) };
    let (Some(network), Ok(bits)) = (address(network), bits.parse::<u32>()) else { return false };
    // The number of bits behind those that are the network's.
    let is_same = |width: u32, network: u128, host: u128| {
        width.checked_sub(bits).is_some_and(|rest| (network ^ host).checked_shr(rest).unwrap_or(0) == 0)
    };
    match (network, host) {
        (IpAddr::V4(network), IpAddr::V4(host)) => is_same(32, network.to_bits().into(), host.to_bits().into()),
        (IpAddr::V6(network), IpAddr::V6(host)) => is_same(128, network.to_bits(), host.to_bits()),
        _ => false,
    }
}

fn names_domain(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches('*').trim_start_matches('.');
    !domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_excluded_by_name_and_domain() {
        let host = "contoso.azure-devices.net";
        let domains = [".azure-devices.net", " *.Azure-Devices.net ", "azure-devices.net", "net:443"];
        for list in
            ["*", "*:443", "a,contoso.azure-devices.net", "a, Contoso.azure-devices.net"].into_iter().chain(domains)
        {
            assert!(contain(list, host, 443), "{list}");
        }
        assert!(contain("net:8883", host, 8883));
        for list in
            ["", "azure-devices", "s.net", "other.azure-devices.net", "net:8883", ",", "o.azure-devices.net", "::1"]
        {
            assert!(!contain(list, host, 443), "{list}");
        }
    }

    #[test]
    fn an_ipv6_address_is_excluded_however_it_is_written() {
        for host in ["[2001:db8::1]", "2001:db8::1", "[2001:DB8:0::0:1]"] {
            for list in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443", "a,2001:0db8:0:0::1", "*", "2001:DB8::1"]
            {
                assert!(contain(list, host, 443), "{list} {host}");
            }
            for list in ["2001:db8::2", "[2001:db8::1]:8883", "1", ":1", "2001:db8::", "[2001:db8::1", ".2001:db8::1"] {
                assert!(!contain(list, host, 443), "{list} {host}");
            }
        }
        assert!(!contain("2001:db8::443", "[2001:db8::]", 443), "that is no port");
    }

    #[test]
    fn an_address_is_excluded_by_its_network() {
        for list in ["2001:db8::/32", "2001:db8::1/128", "::/0", "[2001:db8::]/32", "2001:db8:8000::/17"] {
            assert!(contain(list, "[2001:db8:8000::1]", 443) || list.ends_with("128"), "{list}");
        }
        for list in ["10.0.0.0/8", "10.1.0.0/15", "0.0.0.0/0", "10.1.2.3/32", "10.1.2.3", "10.1.2.3:443"] {
            assert!(contain(list, "10.1.2.3", 443), "{list}");
            assert!(contain(list, "[::ffff:10.1.2.3]", 443), "{list}");
        }
        for list in
            ["2001:db9::/32", "2001:db8::/129", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/x", "/32", "2001:db8::/-1"]
        {
            assert!(!contain(list, "[2001:db8:8000::1]", 443), "{list}");
        }
        for list in ["10.0.0.0/33", "11.0.0.0/8", "10.1.2.4/32", "10.2.0.0/15", "2.3", ".1.2.3", "::/0"] {
            assert!(!contain(list, "10.1.2.3", 443), "{list}");
        }
        assert!(!contain("0.0.0.0/0", "h.net", 443), "a name is looked up later, and by the proxy");
    }
}
