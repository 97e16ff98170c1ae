//! Who a CONNECT comes from, and whether to believe it.

use crate::{
    config::{Hub, Key},
    sas::Token,
};
use std::fmt;

/// The api-versions of MQTT that the known SDKs send, oldest and newest.
const VERSIONS: [&str; 2] = ["2016-11-14", "2021-04-12"];

/// What a CONNECT says.
pub(crate) struct Login<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) user_name: Option<&'a str>,
    pub(crate) password: Option<&'a [u8]>,
}

/// Why a login is refused. A real hub keeps this to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no user name, or it has another shape than `hub/client id/?api-version=…`.
    UserName,
    /// The user name names a hub that is not played here.
    UnknownHub,
    /// The user name has no api-version, or one that no SDK sends.
    ApiVersion,
    /// The client id is not the one in the user name.
    ClientId,
    /// There is no such device.
    UnknownDevice,
    /// The device may not connect.
    DeviceDisabled,
    /// The device has no such module.
    UnknownModule,
    /// There is no password.
    NoPassword,
    /// The password is not a SAS token.
    NoToken,
    /// The token's expiry is not a number.
    Expiry,
    /// The token is over.
    Expired {
        /// Since how many seconds.
        seconds: u64,
    },
    /// The token is good for something else.
    Resource,
    /// The token names a policy that the hub does not have.
    UnknownPolicy,
    /// Neither of the keys signed the token.
    Signature,
}

impl Refusal {
    /// The return code of the CONNACK: 4 for what cannot be understood, 5 for what is not believed.
    #[must_use]
    pub const fn return_code(&self) -> u8 {
        match self {
            Self::UserName | Self::ApiVersion | Self::NoPassword | Self::NoToken | Self::Expiry => 4,
            _ => 5,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserName => f.write_str("the user name is not `hub/client id/?api-version=...`"),
            Self::UnknownHub => f.write_str("the user name names a hub that is not played here"),
            Self::ApiVersion => write!(f, "the user name has no api-version from {} to {}", VERSIONS[0], VERSIONS[1]),
            Self::ClientId => f.write_str("the client id is not the one in the user name"),
            Self::UnknownDevice => f.write_str("there is no such device"),
            Self::DeviceDisabled => f.write_str("the device is disabled"),
            Self::UnknownModule => f.write_str("the device has no such module"),
            Self::NoPassword => f.write_str("there is no password"),
            Self::NoToken => f.write_str("the password is not a SAS token"),
            Self::Expiry => f.write_str("the token's expiry is not a number"),
            Self::Expired { seconds } => write!(f, "the token ended {seconds} s ago"),
            Self::Resource => f.write_str("the token is good for another resource"),
            Self::UnknownPolicy => f.write_str("the hub has no policy of the name in the token"),
            Self::Signature => f.write_str("neither key signed the token"),
        }
    }
}

/// The identity that a login proves, as `hub/device` or `hub/device/module`.
pub(crate) fn check(hubs: &[Hub], now: u64, login: &Login<'_>) -> Result<String, Refusal> {
    let (host, client_id, query) = split_user_name(login.user_name.ok_or(Refusal::UserName)?)?;
    let hub = hubs.iter().find(|hub| hub.host_name.eq_ignore_ascii_case(host)).ok_or(Refusal::UnknownHub)?;
    check_version(query)?;
    if login.client_id != client_id {
        return Err(Refusal::ClientId);
    }
    let (device_id, module_id) = match client_id.split_once('/') {
        Some((device, module)) => (device, Some(module)),
        None => (client_id, None),
    };
    let device = hub.devices.iter().find(|device| device.id == device_id).ok_or(Refusal::UnknownDevice)?;
    if device.disabled {
        return Err(Refusal::DeviceDisabled);
    }
    let mut path = format!("{}/devices/{device_id}", hub.host_name);
    let keys = match module_id {
        None => [Some(&device.primary_key), device.secondary_key.as_ref()],
        Some(id) => {
            let module = device.modules.iter().find(|module| module.id == id).ok_or(Refusal::UnknownModule)?;
            path.push_str("/modules/");
            path.push_str(id);
            [Some(&module.primary_key), module.secondary_key.as_ref()]
        }
    };
    let password = login.password.filter(|bytes| !bytes.is_empty()).ok_or(Refusal::NoPassword)?;
    let token = std::str::from_utf8(password).ok().and_then(Token::parse).ok_or(Refusal::NoToken)?;
    check_token(hub, now, &token, &path, keys)?;
    Ok(format!("{}/{client_id}", hub.host_name))
}

/// `hub`, `device` or `device/module`, and the query.
fn split_user_name(text: &str) -> Result<(&str, &str, &str), Refusal> {
    let (host, rest) = text.split_once('/').ok_or(Refusal::UserName)?;
    let (client_id, query) = rest.split_once("/?").ok_or(Refusal::UserName)?;
    let parts = client_id.split('/').count();
    if host.is_empty() || parts > 2 || client_id.split('/').any(str::is_empty) {
        return Err(Refusal::UserName);
    }
    Ok((host, client_id, query))
}

fn check_version(query: &str) -> Result<(), Refusal> {
    let mut versions = query.split('&').filter_map(|pair| pair.strip_prefix("api-version="));
    let version = versions.next().ok_or(Refusal::ApiVersion)?;
    let is_date = version.len() == 10
        && version.bytes().enumerate().all(
            |(i, byte)| {
                if matches!(i, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
            },
        );
    // Dates in this order of their parts compare as text.
    let in_use = is_date && (VERSIONS[0]..=VERSIONS[1]).contains(&version);
    if in_use && versions.next().is_none() { Ok(()) } else { Err(Refusal::ApiVersion) }
}

fn check_token(hub: &Hub, now: u64, token: &Token<'_>, path: &str, keys: [Option<&Key>; 2]) -> Result<(), Refusal> {
    let expiry = token.expiry().ok_or(Refusal::Expiry)?;
    if !token.is_good_for(path) {
        return Err(Refusal::Resource);
    }
    let signed = |key: &Key| key.decode().is_some_and(|key| token.is_signed_with(&key));
    let holds = match token.policy() {
        Some(name) => {
            let policy = hub.policies.iter().find(|policy| policy.name == name).ok_or(Refusal::UnknownPolicy)?;
            signed(&policy.key)
        }
        None => keys.into_iter().flatten().any(signed),
    };
    if !holds {
        return Err(Refusal::Signature);
    }
    if expiry <= now {
        return Err(Refusal::Expired { seconds: now - expiry });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device, Module};
    use ring::hmac;

    const NOW: u64 = 1_700_000_000;
    const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
    const OTHER: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

    fn hubs() -> [Hub; 1] {
        let device = Device::new("d", KEY).secondary_key(OTHER).module(Module::new("m", OTHER));
        [Hub::new("h.net").device(device).device(Device::new("off", KEY).disabled()).policy("device", OTHER)]
    }

    fn token(resource: &str, key: &str, expiry: u64, rest: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &data_encoding::BASE64.decode(key.as_bytes()).unwrap());
        let signature = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
        let signature = data_encoding::BASE64.encode(signature.as_ref()).replace('+', "%2B");
        format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}{rest}")
    }

    fn ask(client_id: &str, user_name: &str, password: &str) -> Result<String, Refusal> {
        let password = Some(password.as_bytes());
        check(&hubs(), NOW, &Login { client_id, user_name: Some(user_name), password })
    }

    const DEVICE: &str = "h.net/d/?api-version=2020-09-30&DeviceClientType=x";
    const MODULE: &str = "h.net/d/m/?api-version=2020-09-30";

    #[test]
    fn good_logins_are_believed() {
        let device = "h.net%2Fdevices%2Fd";
        assert_eq!(ask("d", DEVICE, &token(device, KEY, NOW + 1, "")).unwrap(), "h.net/d");
        assert!(ask("d", DEVICE, &token(device, OTHER, NOW + 1, "")).is_ok(), "the secondary key");
        assert!(ask("d", DEVICE, &token("h.net", KEY, NOW + 1, "&skn=")).is_ok(), "as the agents do");
        assert!(ask("d", DEVICE, &token("h.net", OTHER, NOW + 1, "&skn=device")).is_ok(), "a policy");
        let module = token("h.net%2Fdevices%2Fd%2Fmodules%2Fm", OTHER, NOW + 1, "");
        assert_eq!(ask("d/m", MODULE, &module).unwrap(), "h.net/d/m");
    }

    #[test]
    fn every_refusal_has_its_reason() {
        use Refusal as R;
        let good = token("h.net%2Fdevices%2Fd", KEY, NOW + 1, "");
        let cases = [
            (ask("d", "h.net/d", &good), R::UserName),
            (ask("d", "h.net/d/m/x/?api-version=2020-09-30", &good), R::UserName),
            (ask("d", "h.net//?api-version=2020-09-30", &good), R::UserName),
            (ask("d", "other.net/d/?api-version=2020-09-30", &good), R::UnknownHub),
            (ask("d", "h.net/d/?DeviceClientType=x", &good), R::ApiVersion),
            (ask("d", "h.net/d/?api-version=2030-01-01", &good), R::ApiVersion),
            (ask("d", "h.net/d/?api-version=latest", &good), R::ApiVersion),
            (ask("x", DEVICE, &good), R::ClientId),
            (ask("D", "h.net/D/?api-version=2020-09-30", &good), R::UnknownDevice),
            (ask("off", "h.net/off/?api-version=2020-09-30", &good), R::DeviceDisabled),
            (ask("d/x", "h.net/d/x/?api-version=2020-09-30", &good), R::UnknownModule),
            (ask("d", DEVICE, ""), R::NoPassword),
            (ask("d", DEVICE, "secret"), R::NoToken),
            (ask("d", DEVICE, &good.replace("se=", "se=x")), R::Expiry),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2Fd", KEY, NOW - 9, "")), R::Expired { seconds: 9 }),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2Fe", KEY, NOW + 1, "")), R::Resource),
            (ask("d", DEVICE, &token("h.net", OTHER, NOW + 1, "&skn=owner")), R::UnknownPolicy),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2Fd", "AAAA", NOW + 1, "")), R::Signature),
            (ask("d/m", MODULE, &token("h.net%2Fdevices%2Fd", KEY, NOW + 1, "")), R::Signature),
        ];
        for (answer, reason) in cases {
            assert_eq!(answer, Err(reason));
        }
    }
}
