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

    /// Whether it is good for `path` (`host/devices/id…`) or for something that `path` is a part of. Clients write
    /// the resource raw, encoded once or twice, and in lower case; all of them are in use.
    pub(crate) fn is_good_for(&self, path: &str) -> bool {
        let once = percent_decode_str(self.resource).decode_utf8_lossy();
        let twice = percent_decode_str(&once).decode_utf8_lossy();
        let path = path.to_lowercase();
        [self.resource, &once, &twice].iter().any(|resource| {
            let resource = resource.to_lowercase();
            path.strip_prefix(resource.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
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
