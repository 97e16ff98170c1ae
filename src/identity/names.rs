use super::{IdentifierError, IdentifierKind, literal, placeholder};
use alloc::{boxed::Box, string::String};
use core::fmt;

pub(super) fn check(name: IdentifierKind, text: &str) -> Result<(), IdentifierError> {
    if text.is_empty() {
        return Err(IdentifierError::Empty { name });
    }
    if name == IdentifierKind::HostName {
        if text.contains("://") {
            return Err(IdentifierError::Url);
        }
        if let Some(checked) = literal::check(text) {
            return checked;
        }
    }
    // In registration IDs dots are characters like any other.
    let is_variable = match name {
        IdentifierKind::RegistrationId => placeholder::is_expandable,
        _ => placeholder::is_variable_in,
    };
    if placeholder::is_in(text) || (!name.allows(b'$') && is_variable(text)) {
        return Err(IdentifierError::Placeholder { name });
    }
    if let Some((offset, character)) =
        text.char_indices().find(|(_, c)| !u8::try_from(*c).is_ok_and(|b| name.allows(b)))
    {
        return Err(match character {
            ':' if name == IdentifierKind::HostName => IdentifierError::Port,
            c if c.is_whitespace() => IdentifierError::WhiteSpace { name, offset },
            _ => IdentifierError::Character { name, offset },
        });
    }
    if text.len() > name.limit() {
        return Err(IdentifierError::TooLong { name });
    }
    // These are segments of request paths, and clients resolve dot segments even when they are percent-encoded.
    let is_path_segment =
        matches!(name, IdentifierKind::DeviceId | IdentifierKind::ModuleId | IdentifierKind::RegistrationId);
    if is_path_segment && is_folder(text) {
        return Err(IdentifierError::Folder { name });
    }
    if name == IdentifierKind::HostName {
        let mut offset = 0;
        for label in text.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err(IdentifierError::Label { offset });
            }
            offset += label.len() + 1;
        }
    }
    Ok(())
}

/// Whether a path with this segment is resolved to another path (RFC 3986, 5.2.4).
pub(crate) fn is_folder(text: &str) -> bool {
    matches!(text, "." | "..")
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks the text and keeps it as it is.
            ///
            /// # Errors
            /// Names the rule that the text breaks, and the byte where it does.
            pub fn new(text: &str) -> Result<Self, IdentifierError> {
                check(IdentifierKind::$name, text)?;
                Ok(Self(text.into()))
            }

            /// The text, as it was given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl core::str::FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, IdentifierError> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = IdentifierError;

            fn try_from(text: &str) -> Result<Self, IdentifierError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, IdentifierError> {
                check(IdentifierKind::$name, &text)?;
                Ok(Self(text.into()))
            }
        }

        crate::base::text::as_text!($name);
    )*};
}

names! {
    /// The host name of a hub, a gateway or a provisioning endpoint: at most 253 letters, digits, `-`, `_` and dots,
    /// neither a URL nor with a port. A name without a dot is allowed: gateways on a local network have such names. An
    /// IPv6 address is in brackets, as in a URL, and has no zone ID: `[2001:db8::1]`.
    HostName
    /// A device ID: 1 to 128 of `A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '`, case-sensitive, and not `.` or
    /// `..`.
    ///
    /// Source: `Azure/azure-iot-sdk-csharp:iothub/device/src/IotHubConnectionStringBuilder.cs`.
    DeviceId
    /// A module ID, by the rules of a device ID. `$edgeAgent` and `$edgeHub` are real ones.
    ModuleId
    /// The ID scope of a provisioning service, like `0ne00000A0A`: letters and digits.
    IdScope
    /// The ID by which a device registers with a provisioning service: 1 to 128 letters, digits, `-`, `.`, `_` and
    /// `:`, not `.` or `..`. Derived keys depend on its case.
    RegistrationId
    /// The name of a shared access policy, like `iothubowner`: 1 to 64 letters, digits and ASCII punctuation other
    /// than `;`.
    PolicyName
}

impl RegistrationId {
    /// A text that was checked.
    pub(super) fn checked(text: &str) -> Self {
        Self(text.into())
    }
}

#[cfg(feature = "flows")]
impl HostName {
    /// A name that this library contains as a constant.
    pub(crate) fn known(text: &'static str) -> Self {
        debug_assert!(check(IdentifierKind::HostName, text).is_ok());
        Self(text.into())
    }
}

#[cfg(feature = "tpm")]
impl RegistrationId {
    /// From a text in base32, all of whose digits are allowed.
    pub(crate) fn of_base32(text: &str) -> Self {
        debug_assert!(check(IdentifierKind::RegistrationId, text).is_ok());
        Self(text.into())
    }
}

impl ModuleId {
    /// `azureiotsecurity`, the security module of the C and the C# security agent.
    ///
    /// Source: `Azure/Azure-IoT-Security-Agent-C:src/agent/src/authentication_manager.c`.
    #[must_use]
    pub fn azureiotsecurity() -> Self {
        Self("azureiotsecurity".into())
    }

    /// `DefenderIotMicroAgent`, the security module of the micro agent.
    #[must_use]
    pub fn defender_iot_micro_agent() -> Self {
        Self("DefenderIotMicroAgent".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierError as E;
    use alloc::{format, string::ToString as _, vec};

    #[test]
    fn dots_in_a_row_are_a_placeholder_only_where_no_name_has_them() {
        assert_eq!(RegistrationId::new("a...b").unwrap().as_str(), "a...b");
        assert!(DeviceId::new("a...b").is_ok());
        assert_eq!(HostName::new("...net"), Err(E::Placeholder { name: IdentifierKind::HostName }));
        assert_eq!(IdScope::new("0ne..."), Err(E::Placeholder { name: IdentifierKind::IdScope }));
    }

    #[test]
    fn ids_have_the_characters_that_the_service_accepts() {
        let all = "aZ09-:.+%_#*?!(),=@;$'";
        assert_eq!(DeviceId::new(all).unwrap().as_str(), all);
        assert!(ModuleId::new("$edgeAgent").is_ok());
        assert!(DeviceId::new(&"d".repeat(128)).is_ok());
    }

    #[test]
    fn every_name_has_a_limit() {
        let host = |length: usize| ["h".repeat(length - 192), vec!["h".repeat(63); 3].join(".")].join(".");
        assert!(HostName::new(&host(253)).is_ok());
        assert_eq!(HostName::new(&host(254)), Err(E::TooLong { name: IdentifierKind::HostName }));
        let longest = ["i".repeat(64), "i".repeat(128)];
        let [short, long] = longest.each_ref().map(String::as_str);
        assert!(IdScope::new(short).is_ok() && PolicyName::new(short).is_ok());
        assert!(DeviceId::new(long).is_ok() && ModuleId::new(long).is_ok() && RegistrationId::new(long).is_ok());
        let [short, long] = longest.map(|text| text + "i");
        let too_long = |name| E::TooLong { name };
        assert_eq!(IdScope::new(&short), Err(too_long(IdentifierKind::IdScope)));
        assert_eq!(PolicyName::new(&short), Err(too_long(IdentifierKind::PolicyName)));
        assert_eq!(DeviceId::new(&long), Err(too_long(IdentifierKind::DeviceId)));
        assert_eq!(ModuleId::new(&long), Err(too_long(IdentifierKind::ModuleId)));
        assert_eq!(RegistrationId::new(&long), Err(too_long(IdentifierKind::RegistrationId)));
    }

    #[test]
    fn every_other_character_of_an_id_is_refused_with_its_place() {
        let name = IdentifierKind::DeviceId;
        assert_eq!(DeviceId::new(""), Err(E::Empty { name }));
        assert_eq!(DeviceId::new(&"d".repeat(129)), Err(E::TooLong { name }));
        assert_eq!(DeviceId::new("a/b"), Err(E::Character { name, offset: 1 }));
        assert_eq!(DeviceId::new("aé"), Err(E::Character { name, offset: 1 }));
        assert_eq!(DeviceId::new("dev "), Err(E::WhiteSpace { name, offset: 3 }));
        assert_eq!(DeviceId::new("."), Err(E::Folder { name }));
        assert_eq!(ModuleId::new(".."), Err(E::Folder { name: IdentifierKind::ModuleId }));
        assert_eq!(RegistrationId::new(".."), Err(E::Folder { name: IdentifierKind::RegistrationId }));
        assert!(DeviceId::new("...").is_ok() && DeviceId::new(".a").is_ok());
        assert_eq!(DeviceId::new("<the id of the device>"), Err(E::Placeholder { name }));
    }

    #[test]
    fn a_placeholder_has_both_of_its_brackets() {
        let name = IdentifierKind::DeviceId;
        assert_eq!(DeviceId::new("{deviceId}"), Err(E::Placeholder { name }));
        for (text, offset) in [("<dev", 0), ("dev>", 3), ("{dev", 0), ("dev}", 3), ("{dev>", 0)] {
            assert_eq!(DeviceId::new(text), Err(E::Character { name, offset }), "{text}");
        }
    }

    #[test]
    fn a_host_name_is_neither_a_url_nor_has_a_port() {
        for good in ["h", "contoso.azure-devices.net", "10.0.0.1", "h_1.local"] {
            assert!(HostName::new(good).is_ok(), "{good}");
        }
        assert_eq!(HostName::new("https://h.net"), Err(E::Url));
        assert_eq!(HostName::new("h.net:8883"), Err(E::Port));
        assert_eq!(HostName::new("h..net"), Err(E::Label { offset: 2 }));
        assert_eq!(HostName::new("h.net."), Err(E::Label { offset: 6 }));
        assert_eq!(HostName::new(&"h".repeat(64)), Err(E::Label { offset: 0 }));
        assert_eq!(HostName::new("a b.net"), Err(E::WhiteSpace { name: IdentifierKind::HostName, offset: 1 }));
    }

    #[test]
    fn a_label_of_a_host_name_has_63_characters_at_most() {
        let label = "h".repeat(63);
        assert!(HostName::new(&format!("{label}.{label}")).is_ok());
        assert_eq!(HostName::new(&format!("{label}.{label}h")), Err(E::Label { offset: 64 }));
    }

    #[test]
    fn a_placeholder_has_two_brackets() {
        let name = IdentifierKind::PolicyName;
        for text in ["<policy>", "{policy}"] {
            assert_eq!(PolicyName::new(text), Err(E::Placeholder { name }));
            assert!(PolicyName::new(&text[1..]).is_ok() && PolicyName::new(&text[..7]).is_ok());
        }
    }

    #[test]
    fn a_placeholder_may_be_a_part_of_a_name() {
        let host = Err(E::Placeholder { name: IdentifierKind::HostName });
        for text in [
            "{YourIoTHubName}.azure-devices.net",
            "<hub>.azure-devices.net",
            "[IoT Hub Name].azure-devices.net",
            "{}.azure-devices.net",
            "$HUB.azure-devices.net",
            "%HUB%.azure-devices.net",
            "$(HUB)",
            "….azure-devices.net",
        ] {
            assert_eq!(HostName::new(text), host, "{text}");
        }
        let name = IdentifierKind::DeviceId;
        for text in ["dev-<n>", "{prefix}-01", "[device id]", "a[0]"] {
            assert_eq!(DeviceId::new(text), Err(E::Placeholder { name }), "{text}");
        }
        assert_eq!(IdScope::new("0ne<scope>"), Err(E::Placeholder { name: IdentifierKind::IdScope }));
        assert_eq!(RegistrationId::new("$ID"), Err(E::Placeholder { name: IdentifierKind::RegistrationId }));
        for text in ["$edgeAgent", "$(id)", "%ID%", "dev..."] {
            assert_eq!(ModuleId::new(text).unwrap(), text, "an ID may have each of these characters");
        }
    }

    #[test]
    fn a_name_compares_with_text_and_is_made_from_it() {
        fn length(text: impl AsRef<str>) -> usize {
            text.as_ref().len()
        }
        let id = DeviceId::try_from("dev-01").unwrap();
        assert_eq!(id, *"dev-01");
        assert_eq!(id, "dev-01");
        assert!(id != "Dev-01", "in its case");
        assert_eq!(DeviceId::try_from(format!("dev-{:02}", 1)), Ok(id.clone()));
        assert_eq!(DeviceId::try_from(format!("dev {}", 1)), DeviceId::new("dev 1"));
        assert_eq!(length(&id), 6);
        let hub = HostName::try_from("contoso.azure-devices.net");
        assert_eq!(hub.unwrap(), "contoso.azure-devices.net");
        assert!(IdScope::try_from("0ne-1").is_err() && PolicyName::try_from("a b").is_err());
    }

    #[test]
    fn an_error_names_the_kind_and_what_is_allowed() {
        let error = IdScope::new("0ne-1").unwrap_err().to_string();
        assert_eq!(error, "the ID scope has a character that is not allowed at byte 3; allowed are letters and digits");
    }

    #[test]
    fn other_names_have_their_own_rules() {
        assert!(RegistrationId::new("Dev-1.a:b_c").is_ok());
        assert!(RegistrationId::new("a/b").is_err());
        assert!(IdScope::new("0ne00000A0A").is_ok());
        assert!(IdScope::new("0ne-1").is_err());
        // In a host name it would be a port.
        let name = IdentifierKind::IdScope;
        assert_eq!(IdScope::new("0ne:1"), Err(E::Character { name, offset: 3 }));
        assert!(PolicyName::new("iot.hub_owner@x-1").is_ok());
        assert!(PolicyName::new("a&b").is_ok(), "it is percent-encoded in a token");
        assert!(PolicyName::new("a;b").is_err());
        assert!(PolicyName::new("a b").is_err());
    }

    /// The errors of a name that is empty, a placeholder, has white space, or a character too many.
    fn errors<T: core::str::FromStr<Err = E>>(limit: usize) -> [E; 4] {
        let long = "a".repeat(limit + 1);
        ["", "{x}", "a\t", &long].map(|text| text.parse::<T>().err().unwrap())
    }

    #[test]
    fn every_error_names_its_kind() {
        let all = [
            (errors::<HostName>(253), IdentifierKind::HostName, "host name"),
            (errors::<DeviceId>(128), IdentifierKind::DeviceId, "device ID"),
            (errors::<ModuleId>(128), IdentifierKind::ModuleId, "module ID"),
            (errors::<IdScope>(64), IdentifierKind::IdScope, "ID scope"),
            (errors::<RegistrationId>(128), IdentifierKind::RegistrationId, "registration ID"),
            (errors::<PolicyName>(64), IdentifierKind::PolicyName, "policy name"),
        ];
        for (errors, name, text) in all {
            let [empty, placeholder, space, long] = errors;
            assert_eq!([empty, placeholder], [E::Empty { name }, E::Placeholder { name }]);
            assert_eq!([space, long], [E::WhiteSpace { name, offset: 1 }, E::TooLong { name }]);
            for error in errors {
                assert!(error.name() == name && error.to_string().starts_with(&format!("the {text} ")), "{error}");
            }
        }
        for error in [E::Url, E::Port, E::Label { offset: 0 }, E::Address, E::Brackets, E::Zone] {
            assert_eq!(error.name(), IdentifierKind::HostName, "{error}");
        }
    }

    #[test]
    fn a_refused_character_is_reported_with_the_allowed_ones() {
        let ids = "letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '";
        for (error, name, allowed) in [
            (HostName::new("a/b").err(), IdentifierKind::HostName, "letters, digits, `-`, `.` and `_`"),
            (DeviceId::new("a/b").err(), IdentifierKind::DeviceId, ids),
            (ModuleId::new("a/b").err(), IdentifierKind::ModuleId, ids),
            (
                RegistrationId::new("a/b").err(),
                IdentifierKind::RegistrationId,
                "letters, digits, `-`, `.`, `_` and `:`",
            ),
            (IdScope::new("a/b").err(), IdentifierKind::IdScope, "letters and digits"),
            (
                PolicyName::new("a;b").err(),
                IdentifierKind::PolicyName,
                "letters, digits and punctuation other than `;`",
            ),
        ] {
            let error = error.unwrap();
            let text = error.to_string();
            assert!(text.ends_with(&format!("at byte 1; allowed are {allowed}")), "{text}");
            assert_eq!(error.name(), name);
        }
    }
}
