use crate::{identity::HostName, key::SharedAccessKey};
use core::fmt;

/// An observation about a connection string that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A byte order mark at the start was ignored.
    ByteOrderMark,
    /// A line break at the end was ignored.
    LineBreak,
    /// An unknown name was ignored.
    UnknownName {
        /// Where it begins, in bytes.
        offset: usize,
    },
    /// An unknown name that resembles an optional one was ignored.
    SimilarName {
        /// The name that it resembles.
        name: &'static str,
        /// Where it begins, in bytes.
        offset: usize,
    },
    /// The key has a length that services do not give to keys.
    KeyLength {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The key lacks the `=` at its end. It is complete nevertheless.
    KeyPadding,
    /// The given token's resource is encoded twice.
    EncodedTwice,
    /// The given token is valid for another identity than the string's.
    OtherResource,
    /// `global.azure-devices-provisioning.net`, an endpoint of the provisioning service.
    ProvisioningHost,
    /// `contoso.azureiotcentral.com`, an application of IoT Central.
    CentralHost,
}

/// The lengths of the keys that services make, in bytes.
const KEY_LENGTHS: [usize; 2] = [32, 64];

impl Finding {
    /// The findings about a key and the text it was read from.
    pub(crate) fn of_key(text: &str, key: &SharedAccessKey) -> impl Iterator<Item = Self> {
        // Keys of other lengths exist, made by hand. One or two bytes beside a usual length are the work of an accident.
        let is_usual = KEY_LENGTHS.contains(&key.len());
        let is_near = KEY_LENGTHS.iter().any(|usual| key.len().abs_diff(*usual) <= 2);
        let is_unusual = !is_usual && (is_near || !(16..=64).contains(&key.len()));
        let length = is_unusual.then_some(Self::KeyLength { bytes: key.len() });
        let padding = (!text.trim().len().is_multiple_of(4)).then_some(Self::KeyPadding);
        length.into_iter().chain(padding)
    }

    /// The finding about the host with which a device is configured. In every cloud the words before the domain are the
    /// same.
    pub(crate) fn of_host(host: &HostName) -> Option<Self> {
        let labels = || host.as_str().split('.');
        let is = |label: &str, word: &str| label.eq_ignore_ascii_case(word);
        if labels().any(|label| is(label, "azure-devices-provisioning")) {
            Some(Self::ProvisioningHost)
        } else if labels().any(|label| is(label, "azureiotcentral")) {
            Some(Self::CentralHost)
        } else {
            None
        }
    }

    /// Whether it may be an error. The others are reported for completeness.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        !matches!(self, Self::ByteOrderMark | Self::LineBreak)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "a byte order mark at the start was ignored",
            Self::LineBreak => "a line break at the end was ignored",
            Self::UnknownName { offset } => return write!(f, "the name at byte {offset} is unknown and was ignored"),
            Self::SimilarName { name, offset } => {
                return write!(
                    f,
                    "the name at byte {offset} is unknown and was ignored; if `{name}` is meant, correct its spelling"
                );
            }
            Self::KeyLength { bytes } => return key_length(f, *bytes),
            Self::KeyPadding => "the key lacks the `=` at its end; nothing else of it is missing",
            Self::OtherResource => "the token is valid for another identity than this one; request one for this identity",
            Self::EncodedTwice => "the token's resource is encoded twice; some services and tools misread that",
            Self::ProvisioningHost => {
                "the host name is that of a provisioning service; give the hub's, or provision the device with ID scope \
                 and registration ID"
            }
            Self::CentralHost => {
                "the host name is that of an IoT Central application; give the hub's, or provision the device with ID \
                 scope and registration ID"
            }
        })
    }
}

/// A byte or two more than a usual length: the padding was overwritten. Less: the end is missing.
fn key_length(f: &mut fmt::Formatter<'_>, bytes: usize) -> fmt::Result {
    write!(f, "the key has {bytes} bytes and services make keys of 32 or 64; ")?;
    if KEY_LENGTHS.iter().any(|usual| (1..=2).contains(&bytes.saturating_sub(*usual))) {
        f.write_str("a `=` at its end was probably replaced by another character, so copy the key again")
    } else {
        f.write_str("check that it is whole")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString as _, vec::Vec};

    fn noticed(text: &str) -> Vec<Finding> {
        Finding::of_key(text, &SharedAccessKey::from_base64(text).unwrap()).collect()
    }

    #[test]
    fn a_key_of_unusual_length_is_noticed() {
        for (bytes, is_unusual) in [
            (15, true),
            (16, false),
            (29, false),
            (30, true),
            (31, true),
            (32, false),
            (33, true),
            (34, true),
            (35, false),
            (61, false),
            (62, true),
            (63, true),
            (64, false),
            (65, true),
            (67, true),
        ] {
            let key = SharedAccessKey::from_bytes(&[7; 67][..bytes]).unwrap();
            let expected = is_unusual.then_some(Finding::KeyLength { bytes });
            assert_eq!(noticed(key.to_base64().expose()), Vec::from_iter(expected));
        }
    }

    /// A 32-byte key has one `=`, a 64-byte key two.
    #[test]
    fn a_key_whose_padding_was_overwritten_is_recognised() {
        let text = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
        let long = SharedAccessKey::from_bytes(&[7; 64]).unwrap().to_base64();
        for (text, bytes) in [
            (text.replace('=', "A"), 33),
            (long.expose().replace("==", "A="), 65),
            (long.expose().replace("==", "AA"), 66),
        ] {
            let findings = noticed(&text);
            assert_eq!(findings, [Finding::KeyLength { bytes }]);
            let shown = findings[0].to_string();
            assert!(shown.contains("32 or 64") && shown.contains("a `=` at its end was probably replaced"), "{shown}");
        }
        let shown = Finding::KeyLength { bytes: 31 }.to_string();
        assert_eq!(shown, "the key has 31 bytes and services make keys of 32 or 64; check that it is whole");
    }

    #[test]
    fn a_host_that_is_not_for_devices_is_noticed() {
        for (host, finding) in [
            ("global.azure-devices-provisioning.net", Some(Finding::ProvisioningHost)),
            ("contoso.azure-devices-provisioning.cn", Some(Finding::ProvisioningHost)),
            ("contoso.azureiotcentral.com", Some(Finding::CentralHost)),
            ("contoso.device.azure-devices.net", None),
            ("contoso.device.azure-devices.cn", None),
            ("contoso.azure-devices.net", None),
            ("service.azure-devices.net", None),
            ("service.contoso.azure-devices.net", None),
            ("gateway.service.local", None),
        ] {
            assert_eq!(Finding::of_host(&host.parse().unwrap()), finding, "{host}");
            assert!(finding.is_none_or(Finding::is_warning));
        }
    }

    #[test]
    fn a_key_without_its_end_is_noticed() {
        assert_eq!(noticed("AwoRGB8mLTQ7QklQV15lbA=="), []);
        assert_eq!(noticed("AwoRGB8mLTQ7QklQV15lbA"), [Finding::KeyPadding]);
    }

    #[test]
    fn what_a_file_adds_at_either_end_is_not_a_warning() {
        assert!(!Finding::ByteOrderMark.is_warning() && !Finding::LineBreak.is_warning());
        assert!(Finding::KeyPadding.is_warning() && Finding::UnknownName { offset: 0 }.is_warning());
    }

    #[test]
    fn a_finding_is_shown_with_its_place() {
        let text = Finding::UnknownName { offset: 7 }.to_string();
        assert_eq!(text, "the name at byte 7 is unknown and was ignored");
    }
}
