//! SAS tokens as a service reads them: the fields in any order, the signature over `sr` and `se` as they are written.

use crate::journal::Refusal;
use percent_encoding::percent_decode_str;
use ring::hmac;

/// The last second of the year 9999. The services cannot represent a later expiry.
const LATEST: u64 = 253_402_300_799;

/// The fields of a token.
pub(crate) struct Token<'a> {
    resource: &'a str,
    signature: Vec<u8>,
    expiry: &'a str,
    policy: Option<String>,
}

impl<'a> Token<'a> {
    /// `None` for what is not a token.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let pairs = text.strip_prefix("SharedAccessSignature ")?;
        let mut fields = [("sr", None), ("sig", None), ("se", None), ("skn", None)];
        for (name, value) in pairs.split('&').filter_map(|pair| pair.split_once('=')) {
            if let Some((_, field)) = fields.iter_mut().find(|(known, _)| *known == name)
                && field.replace(value).is_some()
            {
                return None;
            }
        }
        let [(_, resource), (_, signature), (_, expiry), (_, policy)] = fields;
        let decode = |text| percent_decode_str(text).decode_utf8().ok();
        let signature = data_encoding::BASE64.decode(decode(signature?)?.as_bytes()).ok()?;
        let policy = policy.map_or(Some(None), |name| decode(name).map(Some))?.map(String::from);
        Some(Self { resource: resource?, signature, expiry: expiry?, policy: policy.filter(|name| !name.is_empty()) })
    }

    /// Its expiry, which may have passed. Milliseconds are refused, as any time after the year 9999 is.
    pub(crate) fn expiry(&self) -> Result<u64, Refusal> {
        if self.expiry.is_empty() || !self.expiry.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::Expiry);
        }
        // What is too large for the type is far beyond that year.
        let expiry = self.expiry.parse().unwrap_or(u64::MAX);
        if expiry > LATEST { Err(Refusal::ExpiryTooLate { expiry }) } else { Ok(expiry) }
    }

    /// Whether it has not expired.
    pub(crate) fn check_expiry(&self, now: u64) -> Result<(), Refusal> {
        match now.checked_sub(self.expiry()?) {
            None => Ok(()),
            Some(seconds) => Err(Refusal::Expired { seconds }),
        }
    }

    /// The shared access policy whose key signed it, by the token.
    pub(crate) fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// Whether it was signed with `key`.
    pub(crate) fn is_signed_with(&self, key: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let text = [self.resource, "\n", self.expiry].concat();
        hmac::verify(&key, text.as_bytes(), &self.signature).is_ok()
    }

    /// Whether its resource is `path` at a host (`devices/id…`), or a prefix of it that ends with a segment. Hosts are
    /// compared without case, IDs with it.
    pub(crate) fn covers(&self, host: &str, path: &str) -> bool {
        self.has_resource(|resource| {
            let (named, prefix) = resource.split_once('/').unwrap_or((resource, ""));
            let rest = path.strip_prefix(prefix);
            named.eq_ignore_ascii_case(host)
                && (!resource.contains('/') || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        })
    }

    /// Whether its resource is this registration and nothing wider. Registration IDs are compared without case.
    pub(crate) fn is_for_registration(&self, scope: &str, registration_id: &str) -> bool {
        let path = format!("{scope}/registrations/{registration_id}");
        self.has_resource(|resource| path.eq_ignore_ascii_case(resource))
    }

    /// Clients write the resource raw, encoded once, or encoded twice; all of them are in use.
    fn has_resource(&self, is_it: impl Fn(&str) -> bool) -> bool {
        let once = percent_decode_str(self.resource).decode_utf8_lossy();
        let twice = percent_decode_str(&once).decode_utf8_lossy();
        [self.resource, &once, &twice].iter().any(|resource| is_it(resource))
    }
}

/// The key of a device in an enrollment group, as base64: the HMAC of the registration ID with the group's key.
pub(crate) fn derive(group_key: &[u8], registration_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, group_key);
    data_encoding::BASE64.encode(hmac::sign(&key, registration_id.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    // azure-iot-device (Python), key bytes (7i + 3) mod 256 for i = 0..31, from the recorded behaviour of that SDK.
    const TOKEN: &str = "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev%2B1&\
                         sig=XDVbsBkOrRVQj9sQpO5wBHF39WDyGPodJMLgScafre0%3D&se=1700003600";

    fn key() -> Vec<u8> {
        (0..32u8).map(|i| i.wrapping_mul(7).wrapping_add(3)).collect()
    }

    #[test]
    fn a_token_of_another_implementation_is_valid() {
        let token = Token::parse(TOKEN).unwrap();
        assert!(token.is_signed_with(&key()));
        assert!(!token.is_signed_with(b"another"));
        assert_eq!((token.expiry(), token.policy()), (Ok(1_700_003_600), None));
    }

    #[test]
    fn a_resource_covers_the_paths_below_it() {
        assert!(covers("h%2Fdevices%2Fd", "devices/d"));
        assert!(covers("h%2Fdevices%2Fd", "devices/d/modules/m"));
        assert!(covers("h%2fdevices%2fn%2540m", "devices/n@m"), "encoded twice");
        assert!(covers("h/devices/n@m", "devices/n@m"), "raw");
        assert!(covers("h", "devices/d"), "the whole hub");
        assert!(!covers("h%2Fdevices%2Fd", "devices/dd"));
        assert!(!covers("h%2Fdevices%2Fd", "devices"));
    }

    #[test]
    fn a_resource_that_is_no_path_of_the_hub_covers_nothing() {
        for resource in ["h%2Fd", "https%3A%2F%2Fh%2Fdevices%2Fd", "https%3a%2f%2fh", "h%2F", "%2Fdevices%2Fd", "", "d"]
        {
            assert!(!covers(resource, "devices/d"), "{resource}");
        }
    }

    #[test]
    fn hosts_are_compared_without_case_and_ids_with_it() {
        assert!(covers("H%2Fdevices%2Fd", "devices/d"));
        assert!(covers("h%2Fdevices%2FD%2Fmodules%2FM", "devices/D/modules/M"));
        assert!(!covers("h%2Fdevices%2Fd", "devices/D"));
        assert!(!covers("h%2Fdevices%2FD%2Fmodules%2Fm", "devices/D/modules/M"));
        assert!(!covers("h%2FDevices%2Fd", "devices/d"));
    }

    #[test]
    fn an_expiry_after_the_year_9999_is_refused() {
        let expiry =
            |text: &str| Token::parse(&format!("SharedAccessSignature sr=a&sig=AAAA&se={text}")).unwrap().expiry();
        assert_eq!(expiry("253402300799"), Ok(LATEST));
        for (text, expiry_found) in [
            ("253402300800", 253_402_300_800),
            ("1700003600000", 1_700_003_600_000),
            ("99999999999999999999999", u64::MAX),
        ] {
            assert_eq!(expiry(text), Err(Refusal::ExpiryTooLate { expiry: expiry_found }));
        }
        for text in ["", "+1", "-1", "1.5", "0x1", "2023-11-14"] {
            assert_eq!(expiry(text), Err(Refusal::Expiry), "{text}");
        }
    }

    fn covers(resource: &str, path: &str) -> bool {
        Token::parse(&format!("SharedAccessSignature sr={resource}&sig=AAAA&se=1")).unwrap().covers("h", path)
    }

    #[test]
    fn a_registration_is_compared_as_a_whole() {
        let just = |resource: &str| {
            let token = format!("SharedAccessSignature sr={resource}&sig=AAAA&se=1&skn=");
            Token::parse(&token).unwrap().is_for_registration("0ne000A1B2C", "dev-01")
        };
        assert!(just("0ne000A1B2C%2fregistrations%2Fdev-01") && just("0ne000a1b2c/registrations/dev-01"));
        assert!(!just("0ne000A1B2C") && !just("0ne000A1B2C/registrations/dev-011"));
    }

    // The table of recorded tokens and the derivation beside it, with the bytes 40 to 5F as key.
    #[test]
    fn recorded_provisioning_tokens_are_valid() {
        let key: Vec<u8> = (0x40..0x60).collect();
        for (resource, signature) in [
            ("0ne000A1B2C/registrations/dev-01", "zxq6sfQTjUF3r6V3RBr53QXyzaiIQR3xPR7HWdnUKeo="),
            ("0ne000A1B2C%2fregistrations%2fdev-01", "X%2Byhfq0biD0ancMkHKN9jS%2Bobn0JB3XYRjwzbBadqXM%3D"),
            ("0ne000a1b2c/registrations/dev-01", "jkrQDTEK57ftOt1L64z2dye6M9kxRjNf12zQBnyU38o%3d"),
        ] {
            let token = format!("SharedAccessSignature sr={resource}&sig={signature}&se=1700000000");
            assert!(Token::parse(&token).unwrap().is_signed_with(&key), "{resource}");
        }
        assert_eq!(derive(&key, "dev-01"), "Sl/RvhrrwmxG/FZWT+sL1OsSCvrm8AYxjPP1JbFHOSU=");
    }

    #[test]
    fn a_text_that_is_not_a_token_is_none() {
        for text in [
            "",
            "sr=a&sig=AAAA&se=1",
            "SharedAccessSignature sr=a&se=1",
            "SharedAccessSignature sr=a&sr=a&sig=AAAA&se=1",
        ] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
