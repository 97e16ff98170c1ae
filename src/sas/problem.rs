//! What makes services reject a token whose signature is valid.

use super::token::SasToken;
use crate::base::{encode, time::UnixTime};
use alloc::borrow::Cow;

/// The first expiry of ten digits, in 2001: every earlier one has passed for good.
pub(super) const TEN_DIGITS: UnixTime = UnixTime::from_secs(1_000_000_000);

/// Why services reject a token, however it was signed.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenProblem {
    /// The expiry is in a smaller unit than seconds.
    #[error("the expiry (`se`) is in {unit}; services read it as seconds since 1970: make a token with whole seconds")]
    ExpiryUnit {
        /// `milliseconds`, `microseconds` or `nanoseconds`.
        unit: &'static str,
    },
    /// The expiry is before 2001.
    #[error(
        "the expiry (`se`) is before 2001: the token is truncated, or `se` is a lifetime; \
         it must be the time of expiry in seconds since 1970"
    )]
    ExpiryTooEarly,
    /// The resource is a URL.
    #[error("the resource (`sr`) begins with a URL scheme; sign `host/devices/id` without `https://`")]
    Scheme,
    /// The resource is a path that no device, module or registration has.
    #[error(
        "the resource (`sr`) is not a path that services know; sign `host/devices/id`, `host/devices/id/modules/id` \
         or `scope/registrations/id`"
    )]
    Path,
    /// The signature has a `+` that services read as a space.
    #[error("the signature (`sig`) is not percent-encoded: services read its `+` as a space; write `%2B`")]
    SignatureNotEncoded,
}

crate::base::debug::debug_as_text! { TokenProblem }

impl SasToken {
    /// What makes services reject this token even if its signature is valid and it is not expired. Empty for every token
    /// that this library makes for an identity or a registration and a time from 2001 to 5138.
    pub fn problems(&self) -> impl Iterator<Item = TokenProblem> {
        let signature = self.signature_text().contains('+').then_some(TokenProblem::SignatureNotEncoded);
        [self.resource_problem(), expiry_problem(self.expires_at()), signature].into_iter().flatten()
    }

    fn resource_problem(&self) -> Option<TokenProblem> {
        let plain = self.plain_resource().unwrap_or(Cow::Borrowed(self.resource()));
        // Encoded twice as a whole, it has no slash yet.
        let plain = if plain.contains('/') { plain } else { encode::percent_decoded(&plain)?.into_owned().into() };
        if plain.contains("://") {
            return Some(TokenProblem::Scheme);
        }
        // The policies of a service may sign for paths of its own, but for that of registrations.
        let is_service = self.policy().is_some_and(|policy| policy != "registration");
        let is_known = is_service || is_path_of_identity(&plain);
        (!is_known).then_some(TokenProblem::Path)
    }
}

/// A host alone, or the path of a device, a module or a registration.
fn is_path_of_identity(plain: &str) -> bool {
    let mut segments = plain.split('/');
    let mut next = || segments.next().unwrap_or_default();
    let (host, kind, id, inner, module) = (next(), next(), next(), next(), next());
    let is = |segment: &str, name: &str| segment.eq_ignore_ascii_case(name) && !id.is_empty();
    let has_nothing_more = segments.next().is_none();
    let is_whole = match plain.matches('/').count() {
        0 => true,
        2 => is(kind, "devices") || is(kind, "registrations"),
        4 => is(kind, "devices") && is(inner, "modules") && !module.is_empty(),
        _ => false,
    };
    !host.is_empty() && is_whole && has_nothing_more
}

/// Seconds have ten digits until 2286; with twelve and more the number counts something smaller.
const fn expiry_problem(expiry: UnixTime) -> Option<TokenProblem> {
    Some(match expiry.as_secs() {
        ..1_000_000_000 => TokenProblem::ExpiryTooEarly,
        1_000_000_000..100_000_000_000 => return None,
        100_000_000_000..100_000_000_000_000 => TokenProblem::ExpiryUnit { unit: "milliseconds" },
        100_000_000_000_000..100_000_000_000_000_000 => TokenProblem::ExpiryUnit { unit: "microseconds" },
        100_000_000_000_000_000.. => TokenProblem::ExpiryUnit { unit: "nanoseconds" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::Identity,
        key::SharedAccessKey,
        sas::{Audience, Resource},
    };
    use alloc::{format, vec::Vec};
    use core::time::Duration;

    const EXPIRY: u64 = 1_800_000_000;

    fn problems(fields: &str, expiry: u64) -> Vec<TokenProblem> {
        SasToken::parse(&format!("SharedAccessSignature {fields}&sig=s&se={expiry}")).unwrap().problems().collect()
    }

    #[test]
    fn a_resource_that_no_service_compares_with_is_reported() {
        for (resource, problem) in [
            ("hub%2Fdev-01", TokenProblem::Path),
            ("hub/dev-01", TokenProblem::Path),
            ("hub%2Fdevices", TokenProblem::Path),
            ("hub%2Fdevices%2F", TokenProblem::Path),
            ("hub%2Fdevices%2Fd%2Fm", TokenProblem::Path),
            ("hub%2Fdevices%2Fd%2Fmodules%2F", TokenProblem::Path),
            ("hub%2Fdevices%2Fd%2Fmodules%2Fm%2Fx", TokenProblem::Path),
            ("hub%252Fdev-01", TokenProblem::Path),
            ("%2Fdevices%2Fd", TokenProblem::Path),
            ("0ne1%2Fdev-01&skn=registration", TokenProblem::Path),
            ("https%3A%2F%2Fhub%2Fdevices%2Fd", TokenProblem::Scheme),
            ("amqps://hub/devices/d", TokenProblem::Scheme),
            ("https%3a%2f%2fhub&skn=device", TokenProblem::Scheme),
        ] {
            assert_eq!(problems(&format!("sr={resource}"), EXPIRY), [problem], "{resource}");
        }
    }

    #[test]
    fn a_token_that_is_made_for_an_identity_has_no_problem() {
        let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
        let made = |resource: &Resource| {
            SasToken::sign(&key, resource, UnixTime::from_secs(EXPIRY)).problems().collect::<Vec<_>>()
        };
        for id in ["d", "n@m", "50%", "a%2Bb"] {
            let device = Identity::device("h.net".parse().unwrap(), id.parse().unwrap());
            let module = Identity::module("h.net".parse().unwrap(), id.parse().unwrap(), "$m".parse().unwrap());
            for audience in [Audience::Encoded, Audience::EncodedTwice, Audience::Raw, Audience::HubOnly] {
                for identity in [&device, &module] {
                    assert_eq!(made(&Resource::with_audience(identity, audience)), [], "{identity} {audience:?}");
                }
            }
        }
        assert_eq!(made(&Resource::registration(&"0ne1".parse().unwrap(), &"r".parse().unwrap())), []);
        assert_eq!(made(&Resource::service(&"h.net".parse().unwrap(), &"iothubowner".parse().unwrap())), []);
        assert_eq!(problems("sr=h.net%2Fmessages%2Fevents&skn=service", EXPIRY), [], "a path of a policy");
    }

    #[test]
    fn an_expiry_in_another_unit_is_reported_though_the_signature_is_valid() {
        let key = SharedAccessKey::from_bytes(&[7; 32]).unwrap();
        for (factor, unit) in [(1000, "milliseconds"), (1_000_000, "microseconds"), (1_000_000_000, "nanoseconds")] {
            let resource = Resource::from_plain("h/devices/d").unwrap();
            let token = SasToken::sign(&key, &resource, UnixTime::from_secs(EXPIRY * factor));
            assert_eq!(token.problems().collect::<Vec<_>>(), [TokenProblem::ExpiryUnit { unit }]);
            assert_eq!(token.verify(&key, UnixTime::from_secs(EXPIRY), Duration::ZERO), Ok(()));
        }
        for expiry in [179_604, 3600, 0, 999_999_999] {
            assert_eq!(problems("sr=h", expiry), [TokenProblem::ExpiryTooEarly], "{expiry}");
        }
        for expiry in [1_000_000_000, 9_999_999_999, 99_999_999_999] {
            assert_eq!(problems("sr=h", expiry), [], "{expiry}");
        }
    }

    #[test]
    fn a_plus_in_a_signature_is_reported() {
        let token = SasToken::parse("SharedAccessSignature sr=h&sig=a+b%3D&se=1800000000").unwrap();
        assert_eq!(token.problems().collect::<Vec<_>>(), [TokenProblem::SignatureNotEncoded]);
    }
}
