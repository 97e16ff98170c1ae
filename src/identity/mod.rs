//! Names that cannot hold bad text, and the identity they make together.

use alloc::boxed::Box;
use core::fmt;

/// The kinds of name, as error messages call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentifierKind {
    /// A [`HostName`].
    HostName,
    /// A [`DeviceId`].
    DeviceId,
    /// A [`ModuleId`].
    ModuleId,
    /// An [`IdScope`].
    IdScope,
    /// A [`RegistrationId`].
    RegistrationId,
    /// A [`PolicyName`].
    PolicyName,
}

impl IdentifierKind {
    const fn limit(self) -> usize {
        match self {
            Self::HostName => 253,
            Self::DeviceId | Self::ModuleId | Self::RegistrationId => 128,
            Self::IdScope | Self::PolicyName => 64,
        }
    }

    const fn allows(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::HostName => matches!(byte, b'-' | b'.' | b'_'),
                Self::DeviceId | Self::ModuleId => matches!(
                    byte,
                    b'-' | b':'
                        | b'.'
                        | b'+'
                        | b'%'
                        | b'_'
                        | b'#'
                        | b'*'
                        | b'?'
                        | b'!'
                        | b'('
                        | b')'
                        | b','
                        | b'='
                        | b'@'
                        | b';'
                        | b'$'
                        | b'\''
                ),
                Self::RegistrationId => matches!(byte, b'-' | b'.' | b'_' | b':'),
                Self::IdScope => false,
                Self::PolicyName => byte.is_ascii_punctuation() && byte != b';',
            }
    }

    const fn allowed(self) -> &'static str {
        match self {
            Self::HostName => "letters, digits, `-`, `.` and `_`",
            Self::DeviceId | Self::ModuleId => "letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '",
            Self::RegistrationId => "letters, digits, `-`, `.`, `_` and `:`",
            Self::IdScope => "letters and digits",
            Self::PolicyName => "letters, digits and punctuation other than `;`",
        }
    }
}

impl IdentifierKind {
    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HostName => "host name",
            Self::DeviceId => "device ID",
            Self::ModuleId => "module ID",
            Self::IdScope => "ID scope",
            Self::RegistrationId => "registration ID",
            Self::PolicyName => "policy name",
        }
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::base::debug::with_structure! {
    /// Why a text is not a name of its kind. Never quotes the text.
    #[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum IdentifierError {
        /// There is no text.
        #[error("the {name} is empty; give it a value")]
        Empty {
            /// Which kind of name.
            name: IdentifierKind,
        },
        /// There is too much of it.
        #[error("the {name} is longer than {} bytes; use the one that the service knows", name.limit())]
        TooLong {
            /// Which kind of name.
            name: IdentifierKind,
        },
        /// A character that the service does not take.
        #[error("the {name} has a character that is not allowed at byte {offset}; allowed are {}", name.allowed())]
        Character {
            /// Which kind of name.
            name: IdentifierKind,
            /// Where, in bytes from its start.
            offset: usize,
        },
        /// White space before or after it.
        #[error("the {name} has white space at byte {offset}; remove it")]
        WhiteSpace {
            /// Which kind of name.
            name: IdentifierKind,
            /// Where, in bytes from its start.
            offset: usize,
        },
        /// `.` or `..`
        #[error("the {name} is `.` or `..`, which means a folder in the path of a request; use another one")]
        Folder {
            /// Which kind of name.
            name: IdentifierKind,
        },
        /// `<the host name of the iot hub>`, as documentation prints it.
        #[error("the {name} is still the placeholder of a template; put the real value in its place")]
        Placeholder {
            /// Which kind of name.
            name: IdentifierKind,
        },
        /// `https://…`
        #[error("the host name is a URL; give the name alone, without `https://` and without a path")]
        Url,
        /// `host:8883`
        #[error("the host name has a port; give the name alone, the protocol decides the port")]
        Port,
        /// A part between two dots that is empty or longer than 63 bytes.
        #[error("the host name has an empty or overlong part at byte {offset}; between dots stand 1 to 63 characters")]
        Label {
            /// Where the part begins, in bytes from the start.
            offset: usize,
        },
    }
}

impl IdentifierError {
    /// Which kind of name it is about.
    #[must_use]
    pub const fn name(&self) -> IdentifierKind {
        match self {
            Self::Empty { name }
            | Self::TooLong { name }
            | Self::Character { name, .. }
            | Self::WhiteSpace { name, .. }
            | Self::Folder { name }
            | Self::Placeholder { name } => *name,
            Self::Url | Self::Port | Self::Label { .. } => IdentifierKind::HostName,
        }
    }
}

fn check(name: IdentifierKind, text: &str) -> Result<(), IdentifierError> {
    if text.is_empty() {
        return Err(IdentifierError::Empty { name });
    }
    if (text.starts_with('<') && text.ends_with('>')) || (text.starts_with('{') && text.ends_with('}')) {
        return Err(IdentifierError::Placeholder { name });
    }
    if name == IdentifierKind::HostName && text.contains("://") {
        return Err(IdentifierError::Url);
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
    // They stand in the paths of requests, and escaped or not a client takes them for steps.
    let is_in_paths =
        matches!(name, IdentifierKind::DeviceId | IdentifierKind::ModuleId | IdentifierKind::RegistrationId);
    if is_in_paths && is_folder(text) {
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

/// Whether a path with this text between two slashes leads to another place.
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
            /// Says which rule the text breaks, and where.
            pub fn new(text: &str) -> Result<Self, IdentifierError> {
                check(IdentifierKind::$name, text)?;
                Ok(Self(text.into()))
            }

            /// The text as it was given.
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
    )*};
}

names! {
    /// The host name of a hub, a gateway or a provisioning endpoint: up to 253 letters, digits, `-`, `_` and dots,
    /// no URL and no port. A name without a dot is allowed: gateways on a local network have such names.
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
    /// The name under which a device registers with a provisioning service: 1 to 128 letters, digits,
    /// `-`, `.`, `_` and `:`, not `.` or `..`. Derived keys depend on its case.
    RegistrationId
    /// The name of a shared access policy, like `iothubowner`: 1 to 64 letters, digits and ASCII punctuation other
    /// than `;`.
    PolicyName
}

impl HostName {
    /// A name that is written in this library.
    pub(crate) fn known(text: &'static str) -> Self {
        debug_assert!(check(IdentifierKind::HostName, text).is_ok());
        Self(text.into())
    }
}

#[cfg(feature = "tpm")]
impl RegistrationId {
    /// Of a text in base32, of which every digit may stand in it.
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

/// Who: a device, or a module of a device, at a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    hub: HostName,
    gateway: Option<HostName>,
    device: DeviceId,
    module: Option<ModuleId>,
}

impl Identity {
    /// A device at a hub.
    #[must_use]
    pub const fn device(hub: HostName, device: DeviceId) -> Self {
        Self { hub, gateway: None, device, module: None }
    }

    /// A module of a device at a hub.
    #[must_use]
    pub const fn module(hub: HostName, device: DeviceId, module: ModuleId) -> Self {
        Self { hub, gateway: None, device, module: Some(module) }
    }

    /// The same identity, reached through a gateway.
    #[must_use]
    pub fn with_gateway(mut self, gateway: HostName) -> Self {
        self.gateway = Some(gateway);
        self
    }

    pub(crate) fn with_module(mut self, module: ModuleId) -> Self {
        self.module = Some(module);
        self
    }

    /// The hub. Tokens and user names carry it, gateway or not.
    #[must_use]
    pub const fn hub(&self) -> &HostName {
        &self.hub
    }

    /// The gateway, if there is one.
    #[must_use]
    pub const fn gateway(&self) -> Option<&HostName> {
        self.gateway.as_ref()
    }

    /// What to connect to, and whose name the server's certificate must bear: the gateway if there is one,
    /// else the hub.
    #[must_use]
    pub fn endpoint(&self) -> &HostName {
        self.gateway.as_ref().unwrap_or(&self.hub)
    }

    /// The device.
    #[must_use]
    pub const fn device_id(&self) -> &DeviceId {
        &self.device
    }

    /// The module, unless the identity is the device itself.
    #[must_use]
    pub const fn module_id(&self) -> Option<&ModuleId> {
        self.module.as_ref()
    }
}

/// `hub/devices/id` or `hub/devices/id/modules/id`, nothing encoded: for people to read.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/devices/{}", self.hub, self.device)?;
        self.module.as_ref().map_or(Ok(()), |module| write!(f, "/modules/{module}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierError as E;
    use alloc::{
        format,
        string::{String, ToString as _},
        vec,
    };

    #[test]
    fn ids_take_what_the_service_takes() {
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
    fn ids_refuse_the_rest_and_say_where() {
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
    fn host_names_are_names() {
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
    fn a_part_of_a_host_name_has_63_characters_at_most() {
        let part = "h".repeat(63);
        assert!(HostName::new(&format!("{part}.{part}")).is_ok());
        assert_eq!(HostName::new(&format!("{part}.{part}h")), Err(E::Label { offset: 64 }));
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
    fn an_error_says_which_name_is_wrong_and_what_is_allowed() {
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

    /// What is wrong with a name of each kind that has white space, a character too many, or nothing in it.
    fn mistakes<T: core::str::FromStr<Err = E>>(limit: usize) -> [E; 4] {
        let long = "a".repeat(limit + 1);
        ["", "{x}", "a\t", &long].map(|text| text.parse::<T>().err().unwrap())
    }

    #[test]
    fn every_error_says_which_name_it_is_about() {
        let all = [
            (mistakes::<HostName>(253), IdentifierKind::HostName, "host name"),
            (mistakes::<DeviceId>(128), IdentifierKind::DeviceId, "device ID"),
            (mistakes::<ModuleId>(128), IdentifierKind::ModuleId, "module ID"),
            (mistakes::<IdScope>(64), IdentifierKind::IdScope, "ID scope"),
            (mistakes::<RegistrationId>(128), IdentifierKind::RegistrationId, "registration ID"),
            (mistakes::<PolicyName>(64), IdentifierKind::PolicyName, "policy name"),
        ];
        for (errors, name, text) in all {
            let [empty, placeholder, space, long] = errors;
            assert_eq!([empty, placeholder], [E::Empty { name }, E::Placeholder { name }]);
            assert_eq!([space, long], [E::WhiteSpace { name, offset: 1 }, E::TooLong { name }]);
            for error in errors {
                assert!(error.name() == name && error.to_string().starts_with(&format!("the {text} ")), "{error}");
            }
        }
        for error in [E::Url, E::Port, E::Label { offset: 0 }] {
            assert_eq!(error.name(), IdentifierKind::HostName, "{error}");
        }
    }

    #[test]
    fn a_character_that_is_refused_is_answered_with_those_that_are_not() {
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
