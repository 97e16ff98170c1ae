//! Recognizes a secret in a text that should not hold one, such as an argument.

use std::fmt;

/// What kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    ConnectionString,
    Token,
    Key,
    PartOfKey,
    PrivateKey,
    Pin,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConnectionString => "a connection string with a key",
            Self::Token => "a SAS token",
            Self::Key => "a shared access key",
            Self::PartOfKey => "no file, and looks like a part of a shared access key",
            Self::PrivateKey => "a private key",
            Self::Pin => "a PKCS#11 URI with a PIN (write pin-source=FILE in it)",
        })
    }
}

/// Names of values in connection strings of Azure services that hold a key.
const KEY_NAMES: [&str; 2] = ["sharedaccesskey=", "accountkey="];

/// The secret in a text, if there is one: a name that goes with it, or base64 of as many bytes as keys have.
pub(crate) fn find(text: &str) -> Option<Secret> {
    // As in a URL, where `=` is `%3D` and `/` is `%2F`.
    let decoded = percent_decoded(text);
    [text, &decoded].into_iter().find_map(find_in)
}

fn find_in(text: &str) -> Option<Secret> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    if KEY_NAMES.iter().any(|name| compact.contains(name)) {
        return Some(Secret::ConnectionString);
    }
    if compact.contains("sharedaccesssignature") || has_signature(&compact) {
        return Some(Secret::Token);
    }
    if compact.contains("pin-value=") {
        return Some(Secret::Pin);
    }
    if compact.contains("privatekey-----") {
        return Some(Secret::PrivateKey);
    }
    if has_padded_key(text.as_bytes()) || text.split(|c| !is_base64(c)).any(is_unpadded_key) {
        return Some(if compact.contains("sig=") { Secret::Token } else { Secret::Key });
    }
    None
}

/// Whether a text that is no key of a usual length ends like one: at least 16 characters of base64, and the padding.
pub(crate) fn ends_like_a_key(text: &str) -> bool {
    let decoded = percent_decoded(text);
    [text, &decoded].into_iter().any(|text| {
        let text = text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';'));
        let digits = text.trim_end_matches('=');
        digits.len() < text.len() && digits.chars().rev().take_while(|c| is_base64(*c)).count() >= 16
    })
}

/// Whether one of the fields is the signature of a SAS token.
fn has_signature(text: &str) -> bool {
    let fields = text.split(['&', '?', ',', ';', '"', '\'']);
    fields.filter_map(|field| field.strip_prefix("sig=")).any(|signature| !signature.is_empty())
}

/// Whether there is padded base64 of at least 16 bytes, or of 32: no name and no path ends like that. What comes before
/// it may be base64 as well: a path for instance.
fn has_padded_key(text: &[u8]) -> bool {
    let mut run = 0;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'=' {
            run = if is_base64(char::from(byte)) { run + 1 } else { 0 };
            continue;
        }
        let is_double = bytes.next_if_eq(&b'=').is_some();
        let ends = bytes.peek().is_none_or(|next| !is_base64(char::from(*next)) && *next != b'=');
        if ends && run >= if is_double { 22 } else { 43 } {
            return true;
        }
        run = 0;
    }
    false
}

/// Whether it is base64 of 32 or 64 bytes without its padding: as many characters, of all classes as in a random text,
/// whose unused bits are zero.
fn is_unpadded_key(word: &str) -> bool {
    let unused = match word.len() {
        43 => 0b11,
        86 => 0b1111,
        _ => return false,
    };
    let has = |class: fn(&u8) -> bool| word.as_bytes().iter().any(class);
    let last = word.bytes().next_back().and_then(sextet);
    has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && last.is_some_and(|value| value & unused == 0)
}

const fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')
}

const fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                decoded.push(16 * digit(high).unwrap_or_default() + digit(low).unwrap_or_default());
                tail
            }
            _ => {
                decoded.push(*first);
                tail
            }
        };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
    const LONG: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661vA==";

    #[test]
    fn a_key_is_recognized_in_every_form_and_place() {
        let url_safe = LONG.replace('/', "_");
        let in_url = KEY.replace('=', "%3D");
        for key in [KEY, LONG, &url_safe, &in_url, KEY.trim_end_matches('='), LONG.trim_end_matches('=')] {
            for text in [
                key.to_owned(),
                format!("dev-01,{key}"),
                format!("h.net={key}"),
                format!(" {key}\n"),
                format!("\"{key}\""),
                format!("./{key}"),
                format!("{{\"primaryKey\":\"{key}\"}}"),
            ] {
                // What comes before a key without padding makes another number of characters of it.
                let is_path = text.starts_with("./") && !key.ends_with('=');
                assert!(is_path || find(&text) == Some(Secret::Key), "{text}");
            }
        }
        assert_eq!(find("AwoRGB8mLTQ7QklQV15lbA=="), Some(Secret::Key), "of 16 bytes");
    }

    #[test]
    fn connection_strings_and_tokens_are_recognized_by_their_names() {
        for text in [
            "HostName=h;DeviceId=d;SharedAccessKey=cut",
            "hostname=h;sharedaccesskey = K",
            "HostName%3Dh%3BSharedAccessKey%3DK",
            "DefaultEndpointsProtocol=https;AccountKey=K",
        ] {
            assert_eq!(find(text), Some(Secret::ConnectionString), "{text}");
        }
        for text in [
            "SharedAccessSignature sr=h&sig=x&se=1",
            "sharedaccesssignature",
            "Authorization: SharedAccessSignature sr=h",
            "HostName=h;SharedAccessSignature=x",
            "sr=h&sig=x",
            "sig=x&se=1",
            "sr%3Dh%26sig%3Dx",
            "sr=h&sig=9eBumH5Ca8KBIx1K7VrnUDQCoyaqnb9S7o0hpr5WQ0A%3D&se=1700003600",
        ] {
            assert_eq!(find(text), Some(Secret::Token), "{text}");
        }
        let block = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI";
        assert_eq!(find(block), Some(Secret::PrivateKey));
        for text in ["pkcs11:token=a?pin-value=1234", "PKCS11:object=k?module-name=m&PIN-VALUE=1"] {
            assert_eq!(find(text), Some(Secret::Pin), "{text}");
        }
        assert_eq!(find("pkcs11:token=a?pin-source=/etc/pin"), None);
    }

    #[test]
    fn a_part_of_a_key_ends_like_a_key() {
        for text in [
            "n3vXw1YtB7mLcD5sHfJpGa0eUoI9R2qT4yV6Xk=",
            "cD5sHfJpGa0eUoI9==",
            "cD5sHfJpGa0eUoI9%3D",
            "x,cD5sHfJpGa0eUoI9=;",
        ] {
            assert!(ends_like_a_key(text), "{text}");
        }
        for text in ["cD5sHfJpGa0eUoI=", "cD5sHfJpGa0eUoI9", "contoso-devices.azure.net=", "=", ""] {
            assert!(!ends_like_a_key(text), "{text}");
        }
    }

    #[test]
    fn names_paths_and_thumbprints_are_no_secrets() {
        for text in [
            "/etc/defender_iot_micro_agent/connection_string.txt",
            "HostName=contoso.azure-devices.net;SharedAccessKeyName=iothubowner",
            "contoso.azure-devices.net:443=127.0.0.1:8443",
            "--write-connection-string=./string.txt",
            "--write-connection-string=",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288",
            "pump-station-north-of-the-river-number-00017",
            "dtmi:com:example:Thermostat;1",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "device:/dev/tpmrm0",
            "tbs:",
            "=",
            "==",
            "%",
            "%3",
            "sr=h&sig=",
            "design=x",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
