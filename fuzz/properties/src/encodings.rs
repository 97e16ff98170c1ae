//! Percent-encoding, base64 and URLs, against the crates that most Rust programs use for them.

use crate::{inputs::Inputs, quotes_nothing::quotes_nothing};
use core::time::Duration;
use data_encoding::{BASE64, BASE64_NOPAD};
use defender_auth::{
    Action, Authenticator, Device, Now, Plan, SharedAccessKey, UnixTime,
    dps::Profile,
    http::Request,
    identity::{DeviceId, HostName, IdScope, Identity, ModuleId, PolicyName, RegistrationId},
    key::{KEY_LIMIT, KEY_TEXT_LIMIT},
    sas::{Audience, Resource, SasToken},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use url::{Host, Url};

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The first byte says what the rest is: a text to escape, escaped text, base64, bytes, or names in a URL.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let which = inputs.byte();
    let rest = inputs.rest();
    match (which % 5, str::from_utf8(rest)) {
        (0, _) => bytes(rest),
        (1, Ok(text)) => escaped_here(text),
        (2, Ok(text)) => escaped_elsewhere(text),
        (3, Ok(text)) => base64(text),
        (4, Ok(text)) => names(text),
        _ => {}
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn key() -> SharedAccessKey {
    SharedAccessKey::from_bytes(b"a key for whatever is signed").expect("a key")
}

fn escaped_here(text: &str) {
    let expected = escaped(text);
    let Ok(resource) = Resource::from_plain(text) else {
        assert!(text.is_empty() || expected.len() > 2048, "any text can be escaped, unless it is too long");
        return;
    };
    assert_eq!(resource.as_str(), expected);
    let token = SasToken::sign(&key(), &resource, UnixTime::from_secs(1_700_000_000));
    assert_eq!(token.plain_resource().as_deref(), Some(text), "and back");
    if let Ok(policy) = text.parse::<PolicyName>() {
        let resource = Resource::service(&"h.net".parse().expect("a name"), &policy);
        let token = SasToken::sign(&key(), &resource, UnixTime::from_secs(1_700_000_000));
        assert!(token.expose().ends_with(&format!("&skn={expected}")));
        assert_eq!(token.policy().as_deref(), Some(text));
    }
}

fn escaped_elsewhere(text: &str) {
    let Ok(resource) = Resource::as_written(text) else { return };
    let token = SasToken::sign(&key(), &resource, UnixTime::from_secs(1_700_000_000));
    // On purpose: where the other crate leaves a `%` without two digits as it is, there is no text here. A token with
    // one has been cut or was never encoded, and must not be compared with anything.
    let whole =
        text.split('%').skip(1).all(|rest| rest.len() > 1 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit()));
    let expected = percent_decode_str(text).decode_utf8().ok().filter(|_| whole);
    assert_eq!(token.plain_resource(), expected);
}

fn base64(text: &str) {
    let key = SharedAccessKey::from_base64(text);
    // On purpose: white space round it, a byte order mark before it and missing padding do no harm, and files and shells add and
    // take them. One `=` of two is as good as none. The other crate takes padded texts one after the other for one; a key
    // is one text.
    let trimmed = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    let bare = trimmed.trim_end_matches('=');
    let padding = trimmed.len() - bare.len();
    let missing = (4 - bare.len() % 4) % 4;
    let expected = BASE64_NOPAD.decode(bare.as_bytes()).ok().filter(|bytes| !bytes.is_empty() && padding <= missing);
    match (key, expected) {
        (Ok(key), Some(bytes)) => {
            assert_eq!(Ok(&key), SharedAccessKey::from_bytes(&bytes).as_ref());
            assert_eq!(key.len(), bytes.len());
            assert_eq!(key.to_base64().expose(), BASE64.encode(&bytes));
        }
        (Err(error), None) => quotes_nothing(error),
        (Err(_), Some(_)) => assert!(text.len() > KEY_TEXT_LIMIT, "{text:?} is base64"),
        (Ok(_), None) => panic!("{text:?} is not base64"),
    }
}

fn bytes(data: &[u8]) {
    let Ok(key) = SharedAccessKey::from_bytes(data) else {
        assert!(data.is_empty() || data.len() > KEY_LIMIT, "{} bytes are a key", data.len());
        return;
    };
    assert!((1..=KEY_LIMIT).contains(&data.len()), "{} bytes are not a key", data.len());
    let text = key.to_base64();
    assert_eq!(text.expose(), BASE64.encode(data));
    assert_eq!(SharedAccessKey::from_base64(text.expose()).as_ref(), Ok(&key), "every key has a text that can be read");
}

/// Five lines: host, device, module, scope and registration. What is not given has a plain name.
fn names(text: &str) {
    let mut lines = text.lines();
    let mut next = |plain: &'static str| lines.next().unwrap_or(plain);
    let (host, device, module) = (next("h.net"), next("d"), next("m"));
    let (scope, registration) = (next("0ne1"), next("r"));
    let Ok(host) = host.parse::<HostName>() else { return };
    as_url(&host, "/");
    if let (Ok(device), Ok(module)) = (device.parse::<DeviceId>(), module.parse::<ModuleId>()) {
        audiences(&Identity::module(host.clone(), device.clone(), module.clone()));
        audiences(&Identity::device(host.clone(), device.clone()));
        let plan = Plan::device(Device::new(host.clone(), device.clone(), key()));
        let plan = plan.in_device_mode(module.clone()).expect("a device's plan");
        let path = format!(
            "/devices/{}/modules/{}?api-version=2018-06-30",
            escaped(device.as_str()),
            escaped(module.as_str())
        );
        requested(&plan, &host, &path);
    }
    if let (Ok(scope), Ok(id)) = (scope.parse::<IdScope>(), registration.parse::<RegistrationId>()) {
        let path = format!("/{scope}/registrations/{id}/register?api-version=2019-03-31");
        let profile = Profile::new(scope, id).with_endpoint(host.clone());
        requested(&Plan::provision(profile, key()).expect("a plan"), &host, &path);
    }
}

fn audiences(identity: &Identity) {
    let written = |audience| Resource::with_audience(identity, audience).as_str().to_owned();
    let plain = identity.to_string();
    assert_eq!(written(Audience::Encoded), escaped(&plain));
    assert_eq!(written(Audience::Raw), plain);
    assert_eq!(written(Audience::HubOnly), identity.hub().as_str());
    let once = percent_decode_str(&written(Audience::EncodedTwice)).decode_utf8().map(Cow::into_owned);
    let ids = plain.split('/').map(escaped).collect::<Vec<_>>().join("/");
    assert_eq!(once.as_deref(), Ok(ids.as_str()), "decoded once it is encoded once");
}

/// The first request goes to this host and path, and a client that reads it as a URL comes to no other.
fn requested(plan: &Plan, host: &HostName, path: &str) {
    let authenticator = Authenticator::new(
        plan,
        Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::ZERO },
        Duration::ZERO,
    );
    let Action::Send(request) = authenticator.poll() else { panic!("a request comes first") };
    assert_eq!((request.host(), request.target()), (host, path));
    as_url(Request::host(request), path);
}

fn as_url(host: &HostName, path: &str) {
    let name = host.as_str().to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    let Ok(url) = Url::parse(&format!("https://{host}{path}")) else {
        // On purpose: whether a name is good Punycode or can be a number is for the resolver.
        let is_number = last.starts_with(|first: char| first.is_ascii_digit());
        assert!(is_number || name.split('.').any(|label| label.starts_with("xn--")), "{host} can stand in a URL");
        return;
    };
    match url.host() {
        Some(Host::Domain(domain)) => assert_eq!(domain, name),
        // On purpose: a host name may be an address; in a URL `1` and `0x1` are addresses, too.
        Some(Host::Ipv4(_)) => assert!(last.starts_with(|first: char| first.is_ascii_digit()), "{host} is a name"),
        other => panic!("{host} is no name: {other:?}"),
    }
    assert_eq!((url.port(), url.username(), url.password(), url.fragment()), (None, "", None, None));
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    assert_eq!(format!("{}{query}", url.path()), path, "no client goes elsewhere");
}
