//! Handles of keys: another one in every answer, and not valid after the device was provisioned again.

use crate::tpm::random;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::hmac;
use serde_json::json;

/// How many random bytes a handle has. It is as long as a real one then.
const NONCE: usize = 240;

/// Makes handles and reads them again.
pub(super) struct Handles {
    key: hmac::Key,
}

impl Handles {
    /// With a key of their own. `None` when the system has no randomness.
    pub(super) fn new() -> Option<Self> {
        Some(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>().ok()?) })
    }

    /// A handle of the key with this name.
    pub(super) fn make(&self, key: &str) -> Option<String> {
        let text = BASE64URL_NOPAD.encode(
            format!("{{\"key\":{},\"nonce\":\"{}\"}}", json!(key), HEXLOWER.encode(&random::<NONCE>().ok()?))
                .as_bytes(),
        );
        let signature = BASE64.encode(hmac::sign(&self.key, text.as_bytes()).as_ref());
        Some(format!("sr={text}&sig={}", utf8_percent_encode(&signature, NON_ALPHANUMERIC)))
    }

    /// The name of the key of a handle. `None` for a handle that was not made here.
    pub(super) fn read(&self, handle: &str) -> Option<String> {
        let (text, signature) = handle.strip_prefix("sr=")?.split_once("&sig=")?;
        let signature = percent_decode_str(signature).decode_utf8().ok()?;
        hmac::verify(&self.key, text.as_bytes(), &BASE64.decode(signature.as_bytes()).ok()?).ok()?;
        let text: serde_json::Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        Some(text.get("key")?.as_str()?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_another_one_each_time_and_of_its_maker_only() {
        let (handles, others) = (Handles::new().unwrap(), Handles::new().unwrap());
        let [one, other] = [(); 2].map(|()| handles.make("module").unwrap());
        assert!(one != other && (600..900).contains(&one.len()), "{}", one.len());
        assert_eq!(handles.read(&one).as_deref(), Some("module"));
        assert_eq!(others.read(&one), None);
        for cut in 0..one.len() {
            assert_eq!(handles.read(&one[..cut]), None);
        }
    }
}
