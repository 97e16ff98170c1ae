//! What a proxy answers to CONNECT, and the URL of a proxy.

use defender_auth::proxy::{Proxies, Proxy, ProxyProblem};

const END: &[u8] = b"\r\n\r\n";

/// An answer is the same in any pieces, and no byte behind its head is taken. The same bytes are the URL of a proxy.
pub fn check(data: &[u8]) {
    let proxies = Proxies::new(|name| (name == "HTTPS_PROXY").then(|| "proxy:3128".into()));
    let proxy = proxies.of("h.net", 443).expect("a proxy");
    let whole = taken(proxy, data.len().max(1), data);
    for size in [1, 3, 1000] {
        assert_eq!(taken(proxy, size, data), whole, "in pieces of {size}");
    }
    if let Ok(Some(length)) = whole {
        let head = &data[..length];
        assert!(head.starts_with(b"HTTP/1.") && head.ends_with(END));
        assert_eq!(head.windows(END.len()).filter(|window| *window == END).count(), 1, "the first end counts");
    }
    if let Ok(url) = str::from_utf8(data) {
        address(url);
        exceptions(url);
    }
}

/// How many bytes the answer has.
fn taken(proxy: &Proxy, size: usize, data: &[u8]) -> Result<Option<usize>, ProxyProblem> {
    let mut answer = proxy.answer(443);
    for (index, piece) in data.chunks(size).enumerate() {
        if let Some(taken) = answer.take(piece)? {
            return Ok(Some(index * size + taken));
        }
    }
    Ok(None)
}

/// An address is excluded however it is written, and a list excludes what one of its entries excludes.
fn exceptions(list: &str) {
    let is_excluded = |list: &str, host: &str, port| {
        let proxies = Proxies::new(|name| match name {
            "HTTPS_PROXY" => Some("proxy:3128".into()),
            "NO_PROXY" => Some(list.into()),
            _ => None,
        });
        proxies.of(host, port).is_none()
    };
    for port in [443, 8883] {
        let ipv6 = is_excluded(list, "[2001:db8::1]", port);
        assert_eq!(is_excluded(list, "2001:db8::1", port), ipv6, "{list}");
        assert_eq!(is_excluded(list, "[2001:DB8:0::0:1]", port), ipv6, "{list}");
        let ipv4 = is_excluded(list, "10.1.2.3", port);
        assert_eq!(is_excluded(list, "[::ffff:10.1.2.3]", port), ipv4, "{list}");
        for (host, alone) in [("[2001:db8::1]", ipv6), ("10.1.2.3", ipv4), ("h.net", is_excluded(list, "h.net", port))]
        {
            let entries = || list.split([',', ' ']);
            assert_eq!(entries().any(|entry| is_excluded(entry, host, port)), alone, "each entry by itself: {list}");
            assert!(is_excluded(&format!("{list},*"), host, port));
            assert!(is_excluded(&format!("{host},{list}"), host, port));
        }
    }
}

/// A URL changes neither the request's lines nor what is printed.
fn address(url: &str) {
    let proxies = Proxies::new(|name| (name == "HTTPS_PROXY").then(|| url.into()));
    let Some(proxy) = proxies.of("h.net", 443) else { return };
    assert!(proxy.host().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)));
    let request = proxy.request("h.net", 443);
    let lines: Vec<&str> = request.expose().split("\r\n").collect();
    let has_login = request.expose().contains("\r\nProxy-Authorization: Basic ");
    assert_eq!(lines.len(), 5 + usize::from(has_login), "{lines:?}");
    assert!(!has_login || url.contains('@'), "{url}");
    assert_eq!(format!("{proxies:?}").matches("Proxy(HTTPS_PROXY)").count(), 1);
}
