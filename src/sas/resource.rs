use crate::{
    base::encode,
    identity::{HostName, IdScope, Identity, PolicyName, RegistrationId},
};
use alloc::{boxed::Box, string::String};
use core::fmt;

/// How an identity is written into a token's audience, the text after `sr=`.
///
/// The service compares the decoded text, so that all of these work for plain IDs. They differ for IDs with special
/// characters. Use [`Resource::as_written`] for any other form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// `host%2Fdevices%2Fdev%2B1`: encoded once, upper-case hexadecimal, as the Python SDK does.
    #[default]
    Encoded,
    /// `host%2Fdevices%2Fdev%252B1`: ids encoded twice, as the C# SDK does.
    EncodedTwice,
    /// `host/devices/dev+1`: nothing encoded, as the C SDK does over MQTT.
    Raw,
    /// `host`: the hub alone, as both security agents do.
    HubOnly,
}

/// Why a text cannot be written after `sr=`.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResourceError {
    /// There is no text.
    #[error("the resource is empty; give `host/devices/id` or a part of it")]
    Empty,
    /// A character that would end the field or the token.
    #[error("the resource contains a character that is not allowed at byte {offset}; percent-encode it")]
    Character {
        /// Offset in bytes.
        offset: usize,
    },
    /// More than 2048 bytes.
    #[error("the resource is longer than 2048 bytes; those of devices and modules have less than 600")]
    TooLong,
}

/// The resource that a token grants access to, and the policy in whose name it is signed, if any.
///
/// It is encoded once, when it is made: the same bytes are signed and written after `sr=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    written: Box<str>,
    policy: Option<Box<str>>,
}

impl Resource {
    /// A device or a module, in the default form.
    #[must_use]
    pub fn of(identity: &Identity) -> Self {
        Self::with_audience(identity, Audience::Encoded)
    }

    /// A device or a module, in the given form.
    #[must_use]
    pub fn with_audience(identity: &Identity, audience: Audience) -> Self {
        let hub = identity.hub().as_str();
        if audience == Audience::HubOnly {
            return Self::without_policy(encode::percent(hub));
        }
        let slash = if audience == Audience::Raw { "/" } else { "%2F" };
        let device = ("devices", identity.device_id().as_str());
        let module = identity.module_id().map(|module| ("modules", module.as_str()));
        let mut written = String::with_capacity(128);
        encode::percent_into(hub, &mut written);
        for (kind, id) in core::iter::once(device).chain(module) {
            written.extend([slash, kind, slash]);
            match audience {
                Audience::Raw => written.push_str(id),
                Audience::EncodedTwice => encode::percent_into(&encode::percent(id), &mut written),
                Audience::Encoded | Audience::HubOnly => encode::percent_into(id, &mut written),
            }
        }
        Self::without_policy(written)
    }

    /// A registration with a provisioning service, under the policy `registration` that most SDKs name.
    #[must_use]
    pub fn registration(scope: &IdScope, id: &RegistrationId) -> Self {
        let mut written = encode::percent(scope.as_str());
        written.push_str("%2Fregistrations%2F");
        encode::percent_into(id.as_str(), &mut written);
        Self { policy: Some("registration".into()), ..Self::without_policy(written) }
    }

    /// A whole hub or provisioning service, in the name of one of its shared access policies.
    #[must_use]
    pub fn service(host: &HostName, policy: &PolicyName) -> Self {
        Self::without_policy(encode::percent(host.as_str())).with_policy(policy)
    }

    /// Any resource as plain text, `host/devices/id`; it is encoded as [`Audience::Encoded`] would.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn from_plain(text: &str) -> Result<Self, ResourceError> {
        Self::as_written(&encode::percent(text))
    }

    /// Any resource, exactly as it is to be written after `sr=`, for forms that [`Audience`] does not have.
    ///
    /// # Errors
    /// When the text is empty or too long, or contains a character that is not allowed there: `&`, white space, a control
    /// character, or one that is not ASCII.
    pub fn as_written(text: &str) -> Result<Self, ResourceError> {
        if text.is_empty() {
            return Err(ResourceError::Empty);
        }
        if text.len() > 2048 {
            return Err(ResourceError::TooLong);
        }
        match text.bytes().position(|byte| !byte.is_ascii_graphic() || byte == b'&') {
            Some(offset) => Err(ResourceError::Character { offset }),
            None => Ok(Self::without_policy(text.into())),
        }
    }

    /// The same resource, signed in the name of a policy.
    #[must_use]
    pub fn with_policy(self, policy: &PolicyName) -> Self {
        Self { policy: Some(policy.as_str().into()), ..self }
    }

    /// The text after `sr=`.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.written
    }

    /// The policy in whose name it is signed, the text after `skn=` before it is encoded.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    fn without_policy(written: String) -> Self {
        Self { written: written.into(), policy: None }
    }
}

impl AsRef<str> for Resource {
    fn as_ref(&self) -> &str {
        &self.written
    }
}

impl fmt::Display for Resource {
    /// The text after `sr=`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_audience_has_its_form() {
        let identity = Identity::module("h.net".parse().unwrap(), "n@m".parse().unwrap(), "$m".parse().unwrap());
        for (audience, text) in [
            (Audience::Encoded, "h.net%2Fdevices%2Fn%40m%2Fmodules%2F%24m"),
            (Audience::EncodedTwice, "h.net%2Fdevices%2Fn%2540m%2Fmodules%2F%2524m"),
            (Audience::Raw, "h.net/devices/n@m/modules/$m"),
            (Audience::HubOnly, "h.net"),
        ] {
            assert_eq!(Resource::with_audience(&identity, audience).as_str(), text);
        }
    }

    #[test]
    fn a_gateway_is_not_part_of_the_audience() {
        let identity = Identity::device("h.net".parse().unwrap(), "d".parse().unwrap());
        let behind = identity.clone().with_gateway("edge.local".parse().unwrap());
        assert_eq!(Resource::of(&behind), Resource::of(&identity));
    }

    #[test]
    fn a_character_that_would_end_the_field_is_rejected() {
        assert_eq!(Resource::as_written(""), Err(ResourceError::Empty));
        assert_eq!(Resource::as_written("a&b"), Err(ResourceError::Character { offset: 1 }));
        assert_eq!(Resource::as_written("a b"), Err(ResourceError::Character { offset: 1 }));
        assert_eq!(Resource::as_written("aé"), Err(ResourceError::Character { offset: 1 }));
        assert!(Resource::as_written(&"a".repeat(2048)).is_ok());
        assert_eq!(Resource::as_written(&"a".repeat(2049)), Err(ResourceError::TooLong));
        assert_eq!(Resource::from_plain("h/devices/a b").unwrap().as_str(), "h%2Fdevices%2Fa%20b");
    }
}
