use crate::{BufferTooSmall, text};
use core::slice::IterMut;

/// What a token ends its head with.
const END: &str = "&sig=";

/// What precedes the name of a policy, at the end of a token.
const POLICY: &str = "&skn=";

/// The beginning of a token: the resource that it grants access to, percent-encoded, in a buffer of the caller's.
///
/// Names are written as they are given. The hub compares them byte by byte: a device ID in another case is another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    text: &'a str,
    policy: &'a str,
}

impl<'a> Head<'a> {
    /// For a device of a hub: `SharedAccessSignature sr=HOST%2Fdevices%2FID&sig=`.
    ///
    /// # Errors
    /// When the buffer is too small.
    pub fn device(host: &str, device_id: &str, buffer: &'a mut [u8]) -> Result<Self, BufferTooSmall> {
        Self::of(&[host, "/devices/", device_id], "", buffer)
    }

    /// For a module of a device: `SharedAccessSignature sr=HOST%2Fdevices%2FID%2Fmodules%2FMODULE&sig=`.
    ///
    /// # Errors
    /// When the buffer is too small.
    pub fn module(host: &str, device_id: &str, module_id: &str, buffer: &'a mut [u8]) -> Result<Self, BufferTooSmall> {
        Self::of(&[host, "/devices/", device_id, "/modules/", module_id], "", buffer)
    }

    /// For a registration with the Device Provisioning Service: `SharedAccessSignature sr=SCOPE%2Fregistrations%2FID&sig=`, and
    /// `&skn=registration` at the end of the token.
    ///
    /// # Errors
    /// When the buffer is too small.
    pub fn registration(id_scope: &str, registration_id: &str, buffer: &'a mut [u8]) -> Result<Self, BufferTooSmall> {
        Self::of(&[id_scope, "/registrations/", registration_id], "registration", buffer)
    }

    /// For a resource in plain text, such as `host/devices/id`, and the name of the policy whose key signs, which is empty for a
    /// device's or a module's own key.
    ///
    /// # Errors
    /// When the buffer is too small.
    pub fn plain(resource: &str, policy: &str, buffer: &'a mut [u8]) -> Result<Self, BufferTooSmall> {
        Self::of(&[resource], policy, buffer)
    }

    fn of(parts: &[&str], policy: &str, buffer: &'a mut [u8]) -> Result<Self, BufferTooSmall> {
        let length = text::HEAD.len() + parts.iter().copied().map(escaped_len).sum::<usize>() + END.len();
        let before = if policy.is_empty() { "" } else { POLICY };
        let needed = length + before.len() + escaped_len(policy);
        let Some(out) = buffer.get_mut(..needed) else { return Err(BufferTooSmall { needed }) };
        let mut room = out.iter_mut();
        put(&mut room, text::HEAD.as_bytes());
        for part in parts {
            put_escaped(&mut room, part);
        }
        put(&mut room, END.as_bytes());
        put(&mut room, before.as_bytes());
        put_escaped(&mut room, policy);
        let (text, policy) = text::ascii(out).split_at_checked(length).unwrap_or_default();
        Ok(Self { text, policy })
    }

    /// The text up to and with `&sig=`.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The resource as it is written after `sr=`, which is what is signed.
    #[must_use]
    pub fn resource(&self) -> &'a str {
        let resource = self.text.strip_prefix(text::HEAD).and_then(|text| text.strip_suffix(END));
        resource.unwrap_or_default()
    }

    /// What follows the expiry: `&skn=…`, or nothing.
    pub(crate) const fn policy(&self) -> &'a str {
        self.policy
    }
}

/// Which bytes stand for themselves (RFC 3986, section 2.3).
const fn is_unreserved(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z')
}

/// How many bytes a text has when it is percent-encoded.
fn escaped_len(text: &str) -> usize {
    text.bytes().map(|byte| if is_unreserved(byte) { 1 } else { 3 }).sum()
}

/// Writes at the beginning of the room, and leaves the rest of it.
fn put(room: &mut IterMut<'_, u8>, bytes: &[u8]) {
    // In this order: the other would take one more of the room.
    bytes.iter().zip(room).for_each(|(byte, to)| *to = *byte);
}

/// The same, percent-encoded.
fn put_escaped(room: &mut IterMut<'_, u8>, text: &str) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
    for byte in text.bytes() {
        if is_unreserved(byte) {
            put(room, &[byte]);
        } else {
            put(room, &[b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded_in_upper_case() {
        let mut buffer = [0; 128];
        let head = Head::module("h.azure-devices.net", "n@m.et#st", "$edgeAgent", &mut buffer).unwrap();
        let resource = "h.azure-devices.net%2Fdevices%2Fn%40m.et%23st%2Fmodules%2F%24edgeAgent";
        assert_eq!(head.resource(), resource);
        assert_eq!(head.as_str().strip_prefix("SharedAccessSignature sr="), Some(&*std::format!("{resource}&sig=")));
    }

    #[test]
    fn a_policy_is_percent_encoded_too() {
        let mut buffer = [0; 128];
        let head = Head::plain("h.net", "a policy", &mut buffer).unwrap();
        assert_eq!((head.resource(), head.policy()), ("h.net", "&skn=a%20policy"));
        assert!(head.as_str().ends_with("&sig="));
        let same = Head::registration("0ne0", "dev-1", &mut buffer).unwrap();
        assert_eq!(Ok(same), Head::plain("0ne0/registrations/dev-1", "registration", &mut [0; 128]));
    }

    #[test]
    fn a_buffer_of_the_exact_length_is_enough_and_a_shorter_one_is_not() {
        let needed = Head::device("h", "+", &mut [0; 64]).unwrap().as_str().len();
        assert!(Head::device("h", "+", &mut std::vec![0; needed]).is_ok());
        for length in 0..needed {
            let mut buffer = std::vec![7; length];
            assert_eq!(Head::device("h", "+", &mut buffer), Err(BufferTooSmall { needed }));
            assert!(buffer.iter().all(|byte| *byte == 7), "nothing is written");
        }
    }
}
