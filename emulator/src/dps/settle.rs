//! What an assignment changes at the hubs, and what an answer tells of certificates.

use super::claim::{Claim, Credential};
use crate::{
    base::Moment,
    chain::Facts,
    config::{Authentication, Device, Hub, Issued, Issuing, Key},
    hub::trusts,
    tpm::{NoRandomness, random},
};
use serde_json::{Value, json};

/// Removes a device from its hub, and returns it.
pub(super) fn leave(hubs: &mut [Hub], host: &str, device: &str) -> Option<Device> {
    let hub = hubs.iter_mut().find(|hub| hub.is_at(host))?;
    let index = hub.devices.iter().position(|known| known.id == device)?;
    Some(hub.devices.remove(index))
}

/// Registers the device at the hub unless it is registered: as it was at its last hub, or with the credential of the claim.
/// A device that authenticates with a certificate gets the certificate of the claim.
pub(super) fn settle(hubs: &mut [Hub], host: &str, migrant: Option<Device>, claim: &Claim<'_>, now: Moment) {
    let Some(hub) = hubs.iter_mut().find(|hub| hub.is_at(host)) else { return };
    let made = made(hub, claim, now);
    if hub.find(claim.device_id()).is_none() {
        let migrant = migrant.map(|device| Device { id: claim.device_id().into(), ..device });
        hub.devices.extend(migrant.or_else(|| made.clone()));
    }
    let by_certificate = [Authentication::SelfSigned, Authentication::CertificateAuthority];
    if let (Some(known), Some(made)) = (hub.find_mut(claim.device_id()), made)
        && by_certificate.contains(&known.credentials.authentication)
        && by_certificate.contains(&made.credentials.authentication)
        && !is_known(known, claim)
    {
        known.credentials = made.credentials;
    }
}

/// Lets the device connect with an issued certificate, and renew it.
pub(super) fn give(hubs: &mut [Hub], host: &str, claim: &Claim<'_>, issued: Issued, policy: &Issuing) {
    let hub = hubs.iter_mut().find(|hub| hub.is_at(host));
    if let Some(device) = hub.and_then(|hub| hub.find_mut(claim.device_id())) {
        device.issued.push(issued);
        device.issuing = Some(policy.clone());
    }
}

/// Whether the claim's certificate has one of the device's thumbprints.
fn is_known(device: &Device, claim: &Claim<'_>) -> bool {
    let Credential::Certificate { leaf, .. } = &claim.credential else { return false };
    let known = &device.credentials;
    known.authentication == Authentication::SelfSigned && leaf.check_thumbprints(known.thumbprints()).is_ok()
}

/// A new device with the credential of the claim. A device of a group authenticates by its CA if the hub trusts that, and by
/// its thumbprint otherwise.
fn made(hub: &Hub, claim: &Claim<'_>, now: Moment) -> Option<Device> {
    let id = claim.device_id();
    match &claim.credential {
        Credential::Keys(keys) => {
            let mut keys = keys.iter();
            let device = Device::new(id, keys.next()?);
            Some(match keys.next() {
                Some(secondary) => device.secondary_key(secondary),
                None => device,
            })
        }
        Credential::Tpm(_) => {
            let key = random::<32>().ok()?;
            Some(Device::new(id, &data_encoding::BASE64.encode(&key)))
        }
        Credential::Certificate { chain, leaf, .. } => {
            let is_named = leaf.common_name.as_deref() == Some(id);
            let by_authority = claim.group.is_some() && is_named && trusts(hub, now.seconds(), chain).is_ok();
            Some(if by_authority { Device::with_authority(id) } else { Device::with_thumbprint(id, &leaf.sha256) })
        }
    }
}

/// A device's key at the hub. Without one, or at a host that the emulator does not have, it is a new one.
pub(super) fn hub_key(hubs: &[Hub], host: Option<&str>, device: &str) -> Result<Vec<u8>, NoRandomness> {
    let hub = host.and_then(|host| hubs.iter().find(|hub| hub.is_at(host)));
    let device = hub.and_then(|hub| hub.find(device));
    let known = device.and_then(|device| device.credentials.keys().into_iter().flatten().find_map(Key::decode));
    known.map_or_else(|| random::<32>().map(Vec::from), Ok)
}

/// A certificate as an answer describes it.
pub(super) fn information(facts: &Facts) -> Value {
    let time = |seconds: i64| Moment::at(u64::try_from(seconds).unwrap_or_default()).iso();
    json!({
        "subjectName": facts.subject,
        "sha1Thumbprint": facts.sha1,
        "sha256Thumbprint": facts.sha256,
        "issuerName": facts.issuer,
        "notBeforeUtc": time(facts.not_before),
        "notAfterUtc": time(facts.not_after),
        "serialNumber": facts.serial,
        "version": facts.version,
    })
}
