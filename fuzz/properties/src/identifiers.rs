//! Names, and the identity that they make together.

use crate::{inputs::Inputs, quotes_nothing::quotes_nothing};
use core::{fmt, fmt::Debug, net::Ipv6Addr, str::FromStr};
use defender_auth::{
    SharedAccessKey,
    http::ApiVersion,
    identity::{
        DeviceId, HostName, HubNameForm, IdScope, IdentifierError, IdentifierKind, Identity, ModuleId, PolicyName,
        RegistrationId,
    },
    mqtt::Connect,
    sas::{Audience, Resource},
};

/// Beside letters and digits.
const OF_IDS: &str = "-:.+%_#*?!(),=@;$'";

/// Lines: a text that may be any name, then host, device, module, gateway and model of an identity.
pub fn check(data: &[u8]) {
    let mut inputs = Inputs::new(data);
    let change = inputs.byte();
    let Ok(text) = str::from_utf8(inputs.rest()) else { return };
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    every_kind(first);
    every_kind(text);
    first.parse().iter().for_each(host);
    other_case(first, change);
    let mut next = || lines.next().unwrap_or_default();
    let (Ok(host), Ok(device)) = (next().parse(), next().parse()) else { return };
    let (module, gateway, model) = (next(), next(), next());
    identity(&Identity::device(host, device), module.parse().ok(), gateway.parse().ok().as_ref(), model);
}

fn every_kind(text: &str) {
    name::<HostName>(text, IdentifierKind::HostName, 253, "-._", HostName::as_str);
    name::<DeviceId>(text, IdentifierKind::DeviceId, 128, OF_IDS, DeviceId::as_str);
    name::<ModuleId>(text, IdentifierKind::ModuleId, 128, OF_IDS, ModuleId::as_str);
    name::<IdScope>(text, IdentifierKind::IdScope, 64, "", IdScope::as_str);
    name::<RegistrationId>(text, IdentifierKind::RegistrationId, 128, "-._:", RegistrationId::as_str);
    name::<PolicyName>(
        text,
        IdentifierKind::PolicyName,
        64,
        r##"!"#$%&'()*+,-./:<=>?@[\]^_`{|}~"##,
        PolicyName::as_str,
    );
    let version = ApiVersion::new(text);
    assert_eq!(version.is_ok(), (1..=32).contains(&text.len()) && is_of(text, "-."));
    assert!(version.is_err() || version.is_ok_and(|version| version == text && format!("{version}") == text));
}

fn is_of(text: &str, more: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

fn name<T>(text: &str, kind: IdentifierKind, limit: usize, more: &str, as_str: fn(&T) -> &str)
where
    T: FromStr<Err = IdentifierError> + fmt::Display + Debug + PartialEq,
{
    // A template's `<the host name>` and `{device}` would be policies otherwise.
    let is_placeholder = [['<', '>'], ['{', '}'], ['[', ']']]
        .iter()
        .any(|[open, close]| text.find(*open).zip(text.rfind(*close)).is_some_and(|(open, close)| open < close));
    let is_folder =
        matches!(kind, IdentifierKind::DeviceId | IdentifierKind::ModuleId | IdentifierKind::RegistrationId)
            && matches!(text, "." | "..");
    let has_labels = kind != IdentifierKind::HostName || text.split('.').all(|label| (1..=63).contains(&label.len()));
    let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let is_address = in_brackets.is_some_and(|text| text.parse::<Ipv6Addr>().is_ok());
    let is_name = (1..=limit).contains(&text.len()) && is_of(text, more) && has_labels && !is_placeholder && !is_folder;
    let allowed = is_name || (kind == IdentifierKind::HostName && is_address);
    match text.parse::<T>() {
        Ok(name) => {
            assert!(allowed, "{text} is a {kind}");
            assert_eq!((as_str(&name), name.to_string().as_str()), (text, text), "it is kept as it is");
            assert_eq!(format!("{name:>300}"), format!("{text:>300}"), "it can be aligned");
            assert_eq!(name.to_string().parse::<T>().as_ref(), Ok(&name));
        }
        Err(error) => {
            assert!(!allowed, "{text} is no {kind}: {error}");
            assert_eq!(error.name(), kind);
            let shown = error.to_string();
            assert!(shown.starts_with("the ") && shown.contains(kind.as_str()) && !shown.contains('\n'), "{shown}");
            quotes_nothing(error);
            if let IdentifierError::Character { offset, .. }
            | IdentifierError::WhiteSpace { offset, .. }
            | IdentifierError::Label { offset } = error
            {
                assert!(text.is_char_boundary(offset), "{offset} is a place in the text");
            }
        }
    }
}

/// The services compare without regard to case, and derive keys with it: names are equal when their texts are.
fn other_case(text: &str, change: u8) {
    let Ok(id) = text.parse::<RegistrationId>() else { return };
    let other = if change.is_multiple_of(2) { text.to_ascii_lowercase() } else { text.to_ascii_uppercase() };
    let other = other.parse::<RegistrationId>().expect("letters stay letters");
    assert_eq!(id == other, text == other.as_str());
    let group = SharedAccessKey::from_bytes(b"a key of a group").expect("a key");
    assert_eq!(group.derive(&id) == group.derive(&other), id == other, "its key is its own");
}

/// How clients write a host: an address has brackets in a URL and none in a certificate.
fn host(name: &HostName) {
    let bare = name.without_brackets();
    let is_literal = name.address().is_some_and(|address| address.is_ipv6());
    assert_eq!(name.as_str() == bare, !is_literal);
    assert_eq!(bare.contains(':'), is_literal);
    if let Some(classic) = name.classic() {
        assert_eq!((classic.classic().as_ref(), classic.hub_form()), (Some(&classic), Some(HubNameForm::Classic)));
        assert!(!is_literal && name.as_str().ends_with(classic.as_str().split_once('.').expect("a hub's name").1));
    }
}

fn identity(device: &Identity, module: Option<ModuleId>, gateway: Option<&HostName>, model: &str) {
    let (hub, id) = (device.hub(), device.device_id());
    assert_eq!(device.to_string(), format!("{hub}/devices/{id}"));
    let identities = [Some(device.clone()), module.map(|m| Identity::module(hub.clone(), id.clone(), m))];
    for identity in identities.into_iter().flatten() {
        let behind = gateway.map(|gateway| identity.clone().with_gateway(gateway.clone()));
        for reached in [Some(identity.clone()), behind].into_iter().flatten() {
            connect(&reached, model);
            assert_eq!(reached.endpoint(), reached.gateway().unwrap_or(hub));
            assert_eq!(reached.to_string(), identity.to_string(), "a gateway is no part of who it is");
            for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw, Audience::HubOnly] {
                let resource = Resource::with_audience(&reached, audience);
                assert_eq!(resource, Resource::with_audience(&identity, audience));
                assert_eq!(Resource::as_written(resource.as_str()).as_ref(), Ok(&resource), "it can stand in a token");
            }
        }
    }
}

fn connect(identity: &Identity, model: &str) {
    let Connect { host, client_id, user_name, .. } = Connect::hub(identity, None);
    assert_eq!(&host, identity.endpoint());
    let in_resource = identity.to_string().replacen("/devices/", "/", 1);
    let hub_and_client = format!("{}/{client_id}", identity.hub());
    let expected = match identity.module_id() {
        Some(module) => format!("{}/{module}", identity.device_id()),
        None => identity.device_id().to_string(),
    };
    assert_eq!(client_id, expected);
    assert!(identity.module_id().is_some() || in_resource == hub_and_client);
    let query = user_name.strip_prefix(&hub_and_client).and_then(|rest| rest.strip_prefix("/?")).expect("a query");
    assert_eq!(
        query.split('&').map(|pair| pair.split_once('=').map(|(name, _)| name)).collect::<Vec<_>>(),
        [Some("api-version"), Some("DeviceClientType")]
    );
    let with_model = Connect::hub(identity, Some(model)).user_name;
    let written = with_model.strip_prefix(&user_name).and_then(|rest| rest.strip_prefix("&model-id="));
    let read = percent_encoding::percent_decode_str(written.expect("a model")).decode_utf8();
    assert_eq!(read.as_deref(), Ok(model), "whatever the model is called, it ends no pair");
    assert!(!written.is_some_and(|text| text.contains(['&', '=', '/', '?'])));
}
