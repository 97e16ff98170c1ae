//! The numbers that are explained: each belongs to a family, because families share numbers.

use std::fmt;

/// What a number is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    /// A result of the library, the same in C and Rust, or a diagnosis of a session.
    Library,
    /// The return code of a CONNACK of MQTT 3.1.1.
    Connack,
    /// A reason code of MQTT 5.
    Mqtt5,
    /// An error code of the provisioning service.
    Dps,
    /// An error code of an IoT hub.
    Hub,
    /// An HTTP status.
    Http,
    /// The response code of a TPM 2.0.
    Tpm,
}

impl Family {
    pub(crate) const ALL: [Self; 7] =
        [Self::Library, Self::Connack, Self::Mqtt5, Self::Dps, Self::Hub, Self::Http, Self::Tpm];

    /// What is written before a number to say that it is one of these.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Library => "lib",
            Self::Connack => "connack",
            Self::Mqtt5 => "mqtt5",
            Self::Dps => "dps",
            Self::Hub => "hub",
            Self::Http => "http",
            Self::Tpm => "tpm",
        }
    }

    /// Its name as a title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Library => "The library: results and diagnoses",
            Self::Connack => "CONNACK, the answer to a login by MQTT 3.1.1",
            Self::Mqtt5 => "Reason codes of MQTT 5",
            Self::Dps => "Error codes of the provisioning service",
            Self::Hub => "Error codes of an IoT hub",
            Self::Http => "HTTP status",
            Self::Tpm => "Response codes of a TPM 2.0",
        }
    }

    fn of_prefix(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.prefix().eq_ignore_ascii_case(text))
    }
}

/// A number of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number {
    pub(crate) family: Family,
    pub(crate) value: u32,
}

impl Number {
    pub(crate) const fn new(family: Family, value: u32) -> Self {
        Self { family, value }
    }
}

/// As [`Asked`] reads it: `401`, `connack:5`, `mqtt5:0x87`, `tpm:0x9A2`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { family, value } = self;
        match family {
            Family::Library => write!(f, "{value}"),
            Family::Mqtt5 => write!(f, "{}:0x{value:02X}", family.prefix()),
            Family::Tpm => write!(f, "{}:0x{value:X}", family.prefix()),
            _ => write!(f, "{}:{value}", family.prefix()),
        }
    }
}

/// What was asked for: a number, of one family or of any, or a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    Number {
        family: Option<Family>,
        value: u32,
        /// Whether it was written as `0x…`, as codes of MQTT 5 and of a TPM are.
        is_hex: bool,
    },
    Name(&'a str),
}

impl<'a> Asked<'a> {
    /// Reads `5`, `0x9a2`, `connack:5`, `CONNACK 5`, `hub-rejected`, `DEFENDERAUTH_CLOCK`.
    pub(crate) fn read(text: &'a str) -> Self {
        let text = text.trim();
        let split = text
            .split_once([':', ' ', '='])
            .and_then(|(prefix, rest)| Family::of_prefix(prefix.trim()).map(|family| (Some(family), rest.trim())));
        let (family, digits) = split.unwrap_or((None, text));
        let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
        // `from_str_radix` accepts a sign.
        let is_number = |digits: &str| digits.starts_with(|c: char| c.is_ascii_hexdigit());
        let value = match hex {
            Some(hex) if is_number(hex) => u32::from_str_radix(hex, 16).ok(),
            None if is_number(digits) => digits.parse().ok(),
            _ => None,
        };
        value.map_or(Self::Name(text), |value| Self::Number { family, value, is_hex: hex.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_printed() {
        for (text, family, value) in [
            ("connack:5", Family::Connack, 5),
            ("CONNACK 5", Family::Connack, 5),
            (" mqtt5:0x87 ", Family::Mqtt5, 0x87),
            ("mqtt5:135", Family::Mqtt5, 0x87),
            ("tpm:0x9a2", Family::Tpm, 0x9a2),
            ("dps:401002", Family::Dps, 401_002),
        ] {
            let Asked::Number { family: read, value: number, .. } = Asked::read(text) else { panic!("{text}") };
            assert_eq!((read, number), (Some(family), value), "{text}");
            let shown = Number::new(family, value).to_string();
            assert!(
                matches!(Asked::read(&shown), Asked::Number { family: Some(read), value: number, .. }
                if read == family && number == value),
                "{shown}"
            );
        }
        assert_eq!(Asked::read("0x9A2"), Asked::Number { family: None, value: 0x9a2, is_hex: true });
        assert_eq!(Number::new(Family::Library, 401).to_string(), "401");
        for name in ["hub-rejected", "", "0x", "+5", "-5", "0x+5", "99999999999", "connack:", "5 5", "é"] {
            assert!(matches!(Asked::read(name), Asked::Name(_)), "{name}");
        }
    }
}
