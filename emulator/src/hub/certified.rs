//! The login of a device by MQTT 5, at a hub of the profile `mqttV5`: by its certificate, and without a password.

use super::{
    login::{Admission, Identity},
    proof::{self, Claimant},
};
use crate::{chain::Certificates, config::Hub, journal::Refusal};

/// The fields of a CONNECT of MQTT 5.
pub(crate) struct Certified<'a> {
    /// The name that the client has sent in the TLS handshake: no field of the CONNECT names the hub.
    pub(crate) server_name: Option<&'a str>,
    pub(crate) client_id: &'a str,
    pub(crate) user_name: Option<&'a str>,
    pub(crate) password: Option<&'a [u8]>,
    pub(crate) chain: &'a Certificates,
}

/// The bytes of the correlation in a user name.
pub(crate) type Nonce = [u8; 16];

/// The identity that a login proves, and its correlation.
pub(crate) fn log_in(hubs: &[Hub], now: u64, login: &Certified<'_>) -> Result<(Admission, Nonce), Refusal> {
    let host = login.server_name.ok_or(Refusal::UnknownHub)?;
    let hub = hubs.iter().find(|hub| hub.is_at(host)).ok_or(Refusal::UnknownHub)?;
    if hub.connection_profile.as_deref() != Some(Hub::MQTT_V5) {
        return Err(Refusal::Profile);
    }
    let nonce = login.user_name.and_then(nonce).ok_or(Refusal::CorrelatedUserName)?;
    if login.password.is_some_and(|password| !password.is_empty()) {
        return Err(Refusal::NotByPassword);
    }
    if login.client_id.is_empty() || login.client_id.contains('/') {
        return Err(Refusal::NotDeviceId);
    }
    let device = hub.find(login.client_id).ok_or(Refusal::UnknownDevice)?;
    if device.disabled {
        return Err(Refusal::DeviceDisabled);
    }
    let path = format!("devices/{}", device.id);
    let proof = device.credentials.proof();
    let claimant = Claimant { path: &path, name: &device.id, proof, issued: &device.issued };
    let expiry = proof::prove(hub, now, &claimant, None, login.chain)?;
    let identity = Identity { host: hub.host_name.clone(), device: device.id.clone(), module: None };
    Ok((Admission { identity, expiry, renews: false }, nonce))
}

/// `correlationId=HEX&clientVersion=TEXT`: 32 digits, in lower or in upper case.
fn nonce(user_name: &str) -> Option<Nonce> {
    let (correlation, version) = user_name.split_once('&')?;
    let hex = correlation.strip_prefix("correlationId=")?;
    let version = version.strip_prefix("clientVersion=")?;
    let has = |is: fn(&u8) -> bool| hex.as_bytes().iter().any(is);
    let is_one_case = !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?;
    let nonce: Nonce = bytes.try_into().ok()?;
    // A UUID of version 4 (RFC 9562, section 5.4).
    let [.., version_bits, _, variant_bits, _, _, _, _, _, _, _] = nonce;
    let is_uuid = version_bits >> 4 == 4 && variant_bits >> 6 == 2;
    (is_one_case && is_uuid && !version.is_empty() && !version.contains('&')).then_some(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Device;

    const NONCE: &str = "0123456789ab4def8123456789abcdef";

    #[test]
    fn the_nonce_is_read_in_either_case() {
        let read = nonce(&format!("correlationId={NONCE}&clientVersion=a%2F1")).unwrap();
        assert_eq!(
            read,
            [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]
        );
        let upper = NONCE.to_ascii_uppercase();
        assert_eq!(nonce(&format!("correlationId={upper}&clientVersion=x")), Some(read));
        let (short, other) = (&NONCE[2..], NONCE.replacen('4', "5", 2).replacen("4d", "5d", 1));
        for bad in [
            String::new(),
            NONCE.into(),
            format!("correlationId={NONCE}"),
            format!("correlationId={NONCE}&clientVersion="),
            format!("correlationId={NONCE}&clientVersion=a&b=c"),
            format!("clientVersion=a&correlationId={NONCE}"),
            format!("correlationId={short}&clientVersion=a"),
            format!("correlationId={NONCE}00&clientVersion=a"),
            format!("correlationId={}&clientVersion=a", NONCE.replacen('a', "A", 1)),
            format!("correlationId={}&clientVersion=a", NONCE.replace('a', "g")),
            format!("correlationId={other}&clientVersion=a"),
            format!("correlationId={}&clientVersion=a", NONCE.replacen("812", "c12", 1)),
        ] {
            assert_eq!(nonce(&bad), None, "{bad}");
        }
    }

    #[test]
    fn every_refusal_has_its_reason() {
        use Refusal as R;
        let thumbprint = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        let device = |id: &str| Device::with_thumbprint(id, thumbprint);
        let hubs = [
            Hub::new("h.net")
                .connection_profile(Hub::MQTT_V5)
                .device(device("d"))
                .device(device("off").disabled())
                .device(Device::new("key", "QEFCQ0RFRkdISUpLTE1OTw==")),
            Hub::new("classic.net").device(device("d")),
        ];
        let good = format!("correlationId={NONCE}&clientVersion=a");
        let ask = |server_name, client_id, user_name, password| {
            let login = Certified { server_name, client_id, user_name, password, chain: &[] };
            log_in(&hubs, 0, &login).map(drop)
        };
        let (h, user) = (Some("h.net"), Some(good.as_str()));
        for (answer, reason, code) in [
            (ask(None, "d", user, None), R::UnknownHub, 0x87),
            (ask(Some("other.net"), "d", user, None), R::UnknownHub, 0x87),
            (ask(Some("classic.net"), "d", user, None), R::Profile, 0x84),
            (ask(h, "d", None, None), R::CorrelatedUserName, 0x86),
            (ask(h, "d", Some("h.net/d/?api-version=2020-09-30"), None), R::CorrelatedUserName, 0x86),
            (ask(h, "d", user, Some(b"SharedAccessSignature sr=h.net")), R::NotByPassword, 0x8c),
            (ask(h, "", user, None), R::NotDeviceId, 0x85),
            (ask(h, "d/m", user, None), R::NotDeviceId, 0x85),
            (ask(h, "D", user, None), R::UnknownDevice, 0x87),
            (ask(h, "off", user, None), R::DeviceDisabled, 0x87),
            (ask(h, "d", user, None), R::NoCertificate, 0x8c),
            (ask(h, "key", user, None), R::NoPassword, 0x8c),
        ] {
            assert_eq!(reason.reason_code(), code, "{reason}");
            assert_eq!(answer, Err(reason));
        }
    }
}
