//! Tokens for the tests of every module.

use ring::hmac;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
pub(crate) const OTHER: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

/// A token that expires in ten minutes.
pub(crate) fn token(resource: &str, key: &str, rest: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    token_until(now + 600, resource, key, rest)
}

pub(crate) fn token_until(expiry: u64, resource: &str, key: &str, rest: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &data_encoding::BASE64.decode(key.as_bytes()).unwrap());
    let signature = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
    let signature = data_encoding::BASE64.encode(signature.as_ref()).replace('+', "%2B");
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}{rest}")
}
