//! The identity of a CONNECT.

use super::proof::{self, Claimant};
use crate::{
    base::{RENEWING_VERSION, check_hub_version, one_version},
    chain::Certificates,
    config::Hub,
    journal::Refusal,
};
use std::fmt;

/// The fields of a CONNECT.
pub(crate) struct Login<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) user_name: Option<&'a str>,
    pub(crate) password: Option<&'a [u8]>,
    /// The certificates of the TLS handshake.
    pub(crate) chain: &'a Certificates,
}

/// An authenticated identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) host: String,
    pub(crate) device: String,
    pub(crate) module: Option<String>,
}

impl Identity {
    pub(crate) fn of(host: &str, device: &str, module: Option<&str>) -> Self {
        Self { host: host.into(), device: device.into(), module: module.map(Into::into) }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.device)?;
        self.module.as_ref().map_or(Ok(()), |module| write!(f, "/{module}"))
    }
}

/// How long after its token's expiry a connection is closed, in seconds. A hub does not do it at once either.
const GRACE: u64 = 5;

/// An accepted login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    pub(crate) identity: Identity,
    /// The expiry of its token. A connection with a certificate has no end.
    pub(super) expiry: Option<u64>,
    /// Whether its api-version is the one that renews certificates.
    pub(crate) renews: bool,
}

impl Admission {
    /// Whether its token has expired and the grace period has passed.
    pub(crate) fn is_expired(&self, now: u64) -> bool {
        self.expiry.is_some_and(|expiry| now >= expiry.saturating_add(GRACE))
    }
}

/// The identity that a login proves.
pub(crate) fn log_in(hubs: &[Hub], now: u64, login: &Login<'_>) -> Result<Admission, Refusal> {
    let (host, client_id, query) = split_user_name(login.user_name.ok_or(Refusal::UserName)?)?;
    let hub = hubs.iter().find(|hub| hub.is_at(host)).ok_or(Refusal::UnknownHub)?;
    if !hub.is_classic() {
        return Err(Refusal::Profile);
    }
    // Without an api-version a hub speaks the oldest one.
    if query.split('&').any(|pair| pair.starts_with("api-version=")) && !check_hub_version(query) {
        return Err(Refusal::ApiVersion);
    }
    if login.client_id != client_id {
        return Err(Refusal::ClientId);
    }
    let (device_id, module_id) = match client_id.split_once('/') {
        Some((device, module)) => (device, Some(module)),
        None => (client_id, None),
    };
    let (identity, expiry) = authenticate(hub, now, (device_id, module_id), login.password, login.chain)?;
    Ok(Admission { identity, expiry, renews: one_version(query) == Some(RENEWING_VERSION) })
}

/// The device or its module, if a token or certificates prove that it is that one, and when the token expires.
pub(crate) fn authenticate(
    hub: &Hub,
    now: u64,
    (device_id, module_id): (&str, Option<&str>),
    token: Option<&[u8]>,
    chain: &Certificates,
) -> Result<(Identity, Option<u64>), Refusal> {
    let device = hub.find(device_id).ok_or(Refusal::UnknownDevice)?;
    if device.disabled {
        return Err(Refusal::DeviceDisabled);
    }
    let identity =
        Identity { host: hub.host_name.clone(), device: device_id.into(), module: module_id.map(Into::into) };
    let (path, name, proof, issued) = match module_id {
        None => {
            (format!("devices/{device_id}"), device_id.to_owned(), device.credentials.proof(), device.issued.as_slice())
        }
        Some(id) => {
            let module = device.find(id).ok_or(Refusal::UnknownModule)?;
            let path = format!("devices/{device_id}/modules/{id}");
            (path, format!("{device_id}/{id}"), module.credentials.proof(), [].as_slice())
        }
    };
    let claimant = Claimant { path: &path, name: &name, proof, issued };
    let expiry = proof::prove(hub, now, &claimant, token, chain)?;
    Ok((identity, expiry))
}

/// The host, `device` or `device/module`, and the query. Hubs take a user name without a query too, and the older
/// `hub/device/api-version=…` without its question mark.
fn split_user_name(text: &str) -> Result<(&str, &str, &str), Refusal> {
    let (host, rest) = text.split_once('/').ok_or(Refusal::UserName)?;
    let (client_id, query) = match (rest.split_once("/?"), rest.rsplit_once('/')) {
        (Some(parts), _) => parts,
        (None, Some((client_id, query))) if query.is_empty() || query.starts_with("api-version=") => (client_id, query),
        (None, _) => (rest, ""),
    };
    let parts = client_id.split('/').count();
    if host.is_empty() || parts > 2 || client_id.split('/').any(str::is_empty) {
        return Err(Refusal::UserName);
    }
    Ok((host, client_id, query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Device, Module},
        test_tokens::{KEY, OTHER, token_until},
    };

    const NOW: u64 = 1_700_000_000;
    fn hubs() -> [Hub; 1] {
        let device = Device::new("d", KEY).secondary_key(OTHER).module(Module::new("m", OTHER));
        let device = device.module(Module::without_authentication("none"));
        [Hub::new("h.net").device(device).device(Device::new("off", KEY).disabled()).policy("device", OTHER)]
    }

    fn token(resource: &str, key: &str, expiry: u64, rest: &str) -> String {
        token_until(expiry, resource, key, rest)
    }

    fn ask(client_id: &str, user_name: &str, password: &str) -> Result<String, Refusal> {
        let password = Some(password.as_bytes());
        let login = Login { client_id, user_name: Some(user_name), password, chain: &[] };
        log_in(&hubs(), NOW, &login).map(|admission| admission.identity.to_string())
    }

    const DEVICE: &str = "h.net/d/?api-version=2020-09-30&DeviceClientType=x";
    const MODULE: &str = "h.net/d/m/?api-version=2020-09-30";

    #[test]
    fn valid_logins_are_accepted() {
        let device = "h.net%2Fdevices%2Fd";
        assert_eq!(ask("d", DEVICE, &token(device, KEY, NOW + 1, "")).unwrap(), "h.net/d");
        assert!(ask("d", DEVICE, &token(device, OTHER, NOW + 1, "")).is_ok(), "the secondary key");
        assert!(ask("d", DEVICE, &token("h.net", KEY, NOW + 1, "&skn=")).is_ok(), "as the agents do");
        assert!(ask("d", DEVICE, &token("h.net", OTHER, NOW + 1, "&skn=device")).is_ok(), "a policy");
        let module = token("h.net%2Fdevices%2Fd%2Fmodules%2Fm", OTHER, NOW + 1, "");
        assert_eq!(ask("d/m", MODULE, &module).unwrap(), "h.net/d/m");
        let good = token(device, KEY, NOW + 1, "");
        for user in
            ["h.net/d", "h.net/d/", "h.net/d/?", "h.net/d/?DeviceClientType=x", "h.net/d/api-version=2016-11-14"]
        {
            assert_eq!(ask("d", user, &good).unwrap(), "h.net/d", "{user}");
        }
        let host = token("H.NET%2Fdevices%2Fd", KEY, NOW + 1, "");
        assert!(ask("d", "H.Net/d/?api-version=2020-09-30", &host).is_ok(), "hosts have no case");
    }

    #[test]
    fn a_connection_expires_with_its_token_and_a_grace_period() {
        let password = token("h.net%2Fdevices%2Fd", KEY, NOW + 60, "");
        let password = Some(password.as_bytes());
        let login = Login { client_id: "d", user_name: Some(DEVICE), password, chain: &[] };
        let admission = log_in(&hubs(), NOW, &login).unwrap();
        let expired = [NOW, NOW + 60, NOW + 64, NOW + 65, u64::MAX].map(|now| admission.is_expired(now));
        assert_eq!(expired, [false, false, false, true, true]);
        let certified = Admission { expiry: None, ..admission };
        assert!(!certified.is_expired(u64::MAX));
    }

    #[test]
    fn every_refusal_has_its_reason() {
        use Refusal as R;
        let good = token("h.net%2Fdevices%2Fd", KEY, NOW + 1, "");
        let cases = [
            (ask("d", "h.net", &good), R::UserName),
            (ask("d", "h.net/", &good), R::UserName),
            (ask("d", "h.net/d/m/x/?api-version=2020-09-30", &good), R::UserName),
            (ask("d", "h.net//?api-version=2020-09-30", &good), R::UserName),
            (ask("d", "other.net/d/?api-version=2020-09-30", &good), R::UnknownHub),
            (ask("d", "h.net/d/?api-version=", &good), R::ApiVersion),
            (ask("d", "h.net/d/api-version=2030-01-01", &good), R::ApiVersion),
            (ask("d", "h.net/d?api-version=2020-09-30", &good), R::ClientId),
            (ask("d", "h.net/d/?api-version=2030-01-01", &good), R::ApiVersion),
            (ask("d", "h.net/d/?api-version=latest", &good), R::ApiVersion),
            (ask("x", DEVICE, &good), R::ClientId),
            (ask("D", "h.net/D/?api-version=2020-09-30", &good), R::UnknownDevice),
            (ask("off", "h.net/off/?api-version=2020-09-30", &good), R::DeviceDisabled),
            (ask("d/x", "h.net/d/x/?api-version=2020-09-30", &good), R::UnknownModule),
            (ask("d/none", "h.net/d/none/?api-version=2020-09-30", &good), R::NotByKey),
            (ask("d", DEVICE, ""), R::NoPassword),
            (ask("d", DEVICE, "secret"), R::NoToken),
            (ask("d", DEVICE, &good.replace("se=", "se=x")), R::Expiry),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2Fd", KEY, NOW - 9, "")), R::Expired { seconds: 9 }),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2Fe", KEY, NOW + 1, "")), R::Resource),
            (ask("d", DEVICE, &token("h.net", OTHER, NOW + 1, "&skn=owner")), R::UnknownPolicy),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2Fd", "AAAA", NOW + 1, "")), R::Signature),
            (ask("d/m", MODULE, &token("h.net%2Fdevices%2Fd", KEY, NOW + 1, "")), R::Signature),
            (ask("d", DEVICE, &token("h.net%2Fd", KEY, NOW + 1, "")), R::Resource),
            (ask("d", DEVICE, &token("h.net%2Fdevices%2FD", KEY, NOW + 1, "")), R::Resource),
            (ask("d", DEVICE, &token("https%3A%2F%2Fh.net%2Fdevices%2Fd", KEY, NOW + 1, "")), R::Resource),
            (
                ask("d", DEVICE, &token("h.net%2Fdevices%2Fd", KEY, NOW * 1000, "")),
                R::ExpiryTooLate { expiry: NOW * 1000 },
            ),
        ];
        for (answer, reason) in cases {
            assert_eq!(answer, Err(reason));
        }
    }
}
