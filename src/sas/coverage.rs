//! Which identities a token grants access to.

#[cfg(feature = "flows")]
use super::resource::Resource;
use super::token::SasToken;
use crate::{base::encode, identity::Identity};
use alloc::string::ToString as _;

impl SasToken {
    /// Whether its resource is this identity, or something that the identity is a part of: the hub, or the device of
    /// a module. A hub rejects every other token, even with a valid signature.
    ///
    /// Resources are compared percent-decoded: IDs exactly, because `dev1` and `Dev1` are two devices; the host and the words
    /// between without regard to case.
    #[must_use]
    pub fn is_good_for(&self, identity: &Identity) -> bool {
        grants(self.resource(), identity)
    }
}

#[cfg(feature = "flows")]
impl Resource {
    /// Whether a token for it would grant access to this identity.
    pub(crate) fn covers(&self, identity: &Identity) -> bool {
        grants(self.as_str(), identity)
    }
}

fn grants(written: &str, identity: &Identity) -> bool {
    let own = identity.to_string();
    // As it is written first: a raw `%` in an ID makes a text that cannot be decoded.
    covers(written, &own)
        || encode::percent_decoded(written).is_some_and(|once| {
            covers(&once, &own) || encode::percent_decoded(&once).is_some_and(|twice| covers(&twice, &own))
        })
}

/// Whether the segments of `resource` are the first segments of `own`, which is `host/devices/id/modules/id` or the part for
/// a device.
fn covers(resource: &str, own: &str) -> bool {
    let mut own = own.split('/').enumerate();
    resource.split('/').all(|given| {
        own.next().is_some_and(|(place, expected)| match place {
            2 | 4 => given == expected,
            _ => given.eq_ignore_ascii_case(expected),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::time::UnixTime,
        key::SharedAccessKey,
        sas::{Audience, Resource},
    };

    const EXPIRY: UnixTime = UnixTime::from_secs(1_700_003_600);

    fn made(resource: &Resource) -> SasToken {
        SasToken::sign(&SharedAccessKey::from_bytes(&[7; 32]).unwrap(), resource, EXPIRY)
    }

    fn device(host: &str, id: &str) -> Identity {
        Identity::device(host.parse().unwrap(), id.parse().unwrap())
    }

    #[test]
    fn a_token_is_good_for_what_its_resource_covers() {
        let device = Identity::device("H.net".parse().unwrap(), "n@m".parse().unwrap());
        let module = Identity::module("h.net".parse().unwrap(), "n@m".parse().unwrap(), "x".parse().unwrap());
        for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw, Audience::HubOnly] {
            let token = made(&Resource::with_audience(&device, audience));
            assert!(token.is_good_for(&device) && token.is_good_for(&module), "{audience:?}");
        }
        let percent = Identity::device("h.net".parse().unwrap(), "50%".parse().unwrap());
        for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw] {
            let token = made(&Resource::with_audience(&percent, audience));
            assert!(token.is_good_for(&percent), "{audience:?}");
        }
        let token = made(&Resource::of(&module));
        assert!(token.is_good_for(&module) && !token.is_good_for(&device));
        assert!(!made(&Resource::from_plain("h/devices/d").unwrap()).is_good_for(&device));
    }

    #[test]
    fn ids_are_compared_with_their_case_and_hosts_without() {
        let lower = made(&Resource::of(&device("Hub.Azure-devices.net", "dev1")));
        assert!(lower.is_good_for(&device("hub.azure-devices.net", "dev1")));
        assert!(!lower.is_good_for(&device("hub.azure-devices.net", "Dev1")));
        let from_plain = |text| made(&Resource::from_plain(text).unwrap());
        assert!(from_plain("h/Devices/d").is_good_for(&device("h", "d")), "the words have no case");
        assert!(
            !from_plain("h/").is_good_for(&device("h", "d"))
                && !from_plain("h/devices/d/").is_good_for(&device("h", "d"))
        );
        for audience in [Audience::EncodedTwice, Audience::Raw] {
            let lower = made(&Resource::with_audience(&device("h.net", "dev+a"), audience));
            assert!(!lower.is_good_for(&device("h.net", "dev+A")), "{audience:?}");
        }
        let module = |id: &str| Identity::module("h.net".parse().unwrap(), "d".parse().unwrap(), id.parse().unwrap());
        assert!(!made(&Resource::of(&module("azureiotsecurity"))).is_good_for(&module("AzureIoTSecurity")));
        assert!(made(&Resource::of(&device("H.NET", "d"))).is_good_for(&module("m")), "of the device's own case");
        assert!(!made(&Resource::of(&device("H.NET", "D"))).is_good_for(&module("m")), "of another device");
    }
}
