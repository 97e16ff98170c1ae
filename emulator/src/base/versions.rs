//! The api-versions that clients send.

/// Of hubs: the oldest and the newest that a known SDK sends.
pub(crate) const HUB_VERSIONS: [&str; 2] = ["2016-11-14", "2021-04-12"];

/// The one of hubs that renews certificates.
pub(crate) const RENEWING_VERSION: &str = "2025-08-01-preview";

/// Of the provisioning service: those that are in use, and the previews that issue certificates.
pub(crate) const DPS_VERSIONS: [&str; 4] = ["2019-03-31", "2021-06-01", ISSUING_VERSION, PROFILE_VERSION];

/// The first one of the provisioning service that issues certificates.
pub(crate) const ISSUING_VERSION: &str = "2025-07-01-preview";

/// The first one of the provisioning service that tells the connection profile of a hub.
pub(crate) const PROFILE_VERSION: &str = "2026-11-02-preview";

/// Of hubs: what `aziot-identityd` sends to create a module.
const IDENTITYD_VERSION: &str = "2017-11-08-preview";

/// The one `api-version` of a query. `None` when there is none, or more than one.
pub(crate) fn one_version(query: &str) -> Option<&str> {
    let mut versions = query.split('&').filter_map(|pair| pair.strip_prefix("api-version="));
    let version = versions.next()?;
    versions.next().is_none().then_some(version)
}

/// Whether a query names one api-version, and a hub supports it.
pub(crate) fn check_hub_version(query: &str) -> bool {
    let [oldest, newest] = HUB_VERSIONS;
    let shape = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    // Dates in this order of their parts compare as text.
    one_version(query).is_some_and(|version| {
        let is_known = version.len() == 10 && version.bytes().enumerate().all(shape);
        [RENEWING_VERSION, IDENTITYD_VERSION].contains(&version) || is_known && (oldest..=newest).contains(&version)
    })
}
