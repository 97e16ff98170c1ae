//! What an assignment does to the hubs, and what it says of certificates.

use super::claim::{Claim, Credential};
use crate::{
    chain::Facts,
    clock::Moment,
    config::{Authentication, Device, Hub, Key},
    proof::trusts,
    tpm::{NoRandomness, random},
};
use serde_json::{Value, json};

/// Takes a device from the hub where it was.
pub(super) fn leave(hubs: &mut [Hub], host: &str, device: &str) -> Option<Device> {
    let hub = hubs.iter_mut().find(|hub| hub.is_at(host))?;
    let index = hub.devices.iter().position(|known| known.id == device)?;
    Some(hub.devices.remove(index))
}

/// Sees to it that the hub knows the device: by what it knows already, by what comes from its last hub, or by what it
/// has proved itself with. A device that was known by a certificate is known by the one that it has now.
pub(super) fn settle(hubs: &mut [Hub], host: &str, migrant: Option<Device>, claim: &Claim<'_>, now: Moment) {
    let Some(hub) = hubs.iter_mut().find(|hub| hub.is_at(host)) else { return };
    let made = made(hub, claim, now);
    if hub.find(claim.device_id()).is_none() {
        let migrant = migrant.map(|device| Device { id: claim.device_id().into(), ..device });
        hub.devices.extend(migrant.or_else(|| made.clone()));
    }
    let by_certificate = [Authentication::SelfSigned, Authentication::CertificateAuthority];
    if let (Some(known), Some(made)) = (hub.find_mut(claim.device_id()), made)
        && by_certificate.contains(&known.authentication)
        && by_certificate.contains(&made.authentication)
        && !is_known(known, claim)
    {
        known.authentication = made.authentication;
        (known.thumbprint, known.secondary_thumbprint) = (made.thumbprint, None);
    }
}

/// Whether a thumbprint of the device is that of the claim's certificate.
fn is_known(device: &Device, claim: &Claim<'_>) -> bool {
    let Credential::Certificate { leaf, .. } = &claim.credential else { return false };
    device.authentication == Authentication::SelfSigned && leaf.check_thumbprints(device.thumbprints()).is_ok()
}

/// The device as it is when it is new: one of a group is known by its authority if the hub takes that, and by its
/// thumbprint otherwise.
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

/// The key that the hub knows a device by. When it knows none, as a hub that is not played, it is a new one.
pub(super) fn hub_key(hubs: &[Hub], host: &str, device: &str) -> Result<Vec<u8>, NoRandomness> {
    let device = hubs.iter().find(|hub| hub.is_at(host)).and_then(|hub| hub.find(device));
    let known = device.and_then(|device| device.keys().into_iter().flatten().find_map(Key::decode));
    known.map_or_else(|| random::<32>().map(Vec::from), Ok)
}

/// What an answer says about a certificate.
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
