//! SAS tokens as a service reads them: the fields in any order, the signature over `sr` and `se` as they are written.

use percent_encoding::percent_decode_str;
use ring::hmac;

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

    /// When it ends. `None` when that is not a number.
    pub(crate) fn expiry(&self) -> Option<u64> {
        let digits = self.expiry.bytes().all(|byte| byte.is_ascii_digit());
        if digits { self.expiry.parse().ok() } else { None }
    }

    /// The policy in whose name it was signed.
    pub(crate) fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// Whether `key` signed it.
    pub(crate) fn is_signed_with(&self, key: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let text = [self.resource, "\n", self.expiry].concat();
        hmac::verify(&key, text.as_bytes(), &self.signature).is_ok()
    }

    /// Whether it is good for `path` (`host/devices/id…`) or for something that `path` is a part of.
    pub(crate) fn is_good_for(&self, path: &str) -> bool {
        self.has_resource(|resource| {
            let rest = path.to_lowercase();
            rest.strip_prefix(resource).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Whether it is good for `path` and nothing wider.
    pub(crate) fn is_just_for(&self, path: &str) -> bool {
        self.has_resource(|resource| path.to_lowercase() == resource)
    }

    /// Clients write the resource raw, encoded once or twice, and in lower case; all of them are in use.
    fn has_resource(&self, is_it: impl Fn(&str) -> bool) -> bool {
        let once = percent_decode_str(self.resource).decode_utf8_lossy();
        let twice = percent_decode_str(&once).decode_utf8_lossy();
        [self.resource, &once, &twice].iter().any(|resource| is_it(&resource.to_lowercase()))
    }
}

/// The key of a device in a group, as base64: the group's key signs the registration id.
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
    fn a_token_of_another_maker_holds() {
        let token = Token::parse(TOKEN).unwrap();
        assert!(token.is_signed_with(&key()));
        assert!(!token.is_signed_with(b"another"));
        assert_eq!((token.expiry(), token.policy()), (Some(1_700_003_600), None));
    }

    #[test]
    fn a_resource_covers_what_lies_below_it() {
        let good = |resource: &str, path: &str| {
            Token::parse(&format!("SharedAccessSignature sr={resource}&sig=AAAA&se=1")).unwrap().is_good_for(path)
        };
        assert!(good("h%2Fdevices%2Fd", "h/devices/d"));
        assert!(good("h%2fdevices%2fn%2540m", "h/devices/n@m"), "encoded twice");
        assert!(good("h/devices/n@m", "h/devices/n@m"), "raw");
        assert!(good("H", "h/devices/d"), "the whole hub");
        assert!(!good("h%2Fdevices%2Fd", "h/devices/dd"));
        assert!(!good("h%2Fdevices%2Fd", "h/devices"));
    }

    #[test]
    fn a_registration_is_meant_as_a_whole() {
        let just = |resource: &str| {
            let token = format!("SharedAccessSignature sr={resource}&sig=AAAA&se=1&skn=");
            Token::parse(&token).unwrap().is_just_for("0ne000A1B2C/registrations/dev-01")
        };
        assert!(just("0ne000A1B2C%2fregistrations%2Fdev-01") && just("0ne000a1b2c/registrations/dev-01"));
        assert!(!just("0ne000A1B2C") && !just("0ne000A1B2C/registrations/dev-011"));
    }

    // The table of recorded tokens and the derivation beside it, with the bytes 40 to 5F as key.
    #[test]
    fn recorded_provisioning_tokens_hold() {
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
    fn what_is_no_token_is_none() {
        for text in [
            "",
            "sr=a&sig=AAAA&se=1",
            "SharedAccessSignature sr=a&se=1",
            "SharedAccessSignature sr=a&sr=a&sig=AAAA&se=1",
        ] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
        assert_eq!(Token::parse("SharedAccessSignature sr=a&sig=AAAA&se=+1").unwrap().expiry(), None);
    }
}
