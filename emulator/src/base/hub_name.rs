//! The names of a hub for devices.

/// The word between a hub's name and its domain, in the name with TLS 1.3.
const DEVICE: &str = "device.";

/// What the domains of hubs begin with, in every cloud.
const DOMAIN: &str = "azure-devices.";

/// Whether this is a hub's name with `.device.`.
pub(crate) fn is_device_name(name: &str) -> bool {
    parts(name).is_some_and(|(_, is_device, _)| is_device)
}

/// Whether this is a hub's classic name.
pub(crate) fn is_classic_name(name: &str) -> bool {
    parts(name).is_some_and(|(_, is_device, _)| !is_device)
}

/// The other name of the same hub for devices: `contoso.device.azure-devices.net` for `contoso.azure-devices.net`, and the
/// other way round. `None` for a name that is not a hub's.
pub(crate) fn other_name(name: &str) -> Option<String> {
    let (hub, is_device, domain) = parts(name)?;
    Some(format!("{hub}.{}{domain}", if is_device { "" } else { DEVICE }))
}

/// The hub, whether `.device.` follows, and the domain.
fn parts(name: &str) -> Option<(&str, bool, &str)> {
    let (hub, rest) = name.split_once('.')?;
    let domain = without_start(rest, DEVICE);
    let rest = domain.unwrap_or(rest);
    without_start(rest, DOMAIN)?;
    Some((hub, domain.is_some(), rest))
}

fn without_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(start.len())?;
    first.eq_ignore_ascii_case(start).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_has_two_names_in_every_cloud() {
        for cloud in ["net", "us", "cn"] {
            let [classic, device] = ["", "device."].map(|word| format!("contoso.{word}azure-devices.{cloud}"));
            assert_eq!(other_name(&classic).as_ref(), Some(&device));
            assert_eq!(other_name(&device).as_ref(), Some(&classic));
            assert!(is_device_name(&device) && !is_device_name(&classic));
            assert!(is_classic_name(&classic) && !is_classic_name(&device));
        }
        assert!(is_device_name("Contoso.DEVICE.Azure-Devices.net"));
        for other in ["h.net", "contoso.service.azure-devices.net", "localhost", "[::1]", "azure-devices.net", "é.dev"]
        {
            assert_eq!(
                (other_name(other), is_device_name(other), is_classic_name(other)),
                (None, false, false),
                "{other}"
            );
        }
    }
}
