//! The URI of a key in a token.

use crate::quotes_nothing::quotes_nothing;
use defender_auth_pkcs11::Uri;
use percent_encoding::percent_decode_str;

/// A text that may be a URI. What is read of it is what another decoder reads, and what is shown is read the same.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let uri: Uri = match text.parse() {
        Ok(uri) => uri,
        Err(error) => return quotes_nothing(error),
    };
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?} is accepted");
    let (path, query) = text[7..].split_once('?').unwrap_or((&text[7..], ""));
    let value = |list: &str, separator, name: &str| {
        let mut values = list.split(separator).filter_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let value = values.next().map(|value| percent_decode_str(value).collect::<Vec<u8>>());
        assert!(values.next().is_none() || name.starts_with("x-"), "{name} is twice in {text:?}");
        value
    };
    let same = |read: Option<&str>, expected: Option<Vec<u8>>| {
        assert_eq!(read.map(str::as_bytes), expected.as_deref(), "{text:?}");
    };
    same(uri.token(), value(path, ';', "token"));
    same(uri.object(), value(path, ';', "object"));
    same(uri.module_path(), value(query, '&', "module-path"));
    same(uri.module_name(), value(query, '&', "module-name"));
    same(uri.pin_source(), value(query, '&', "pin-source"));
    assert_eq!(uri.id(), value(path, ';', "id").as_deref());
    let pin = value(query, '&', "pin-value");
    assert_eq!(uri.has_pin_value(), pin.is_some());
    assert!(pin.is_none() || uri.pin_source().is_none());
    assert!(uri.pin_source().is_none_or(|source| !source.is_empty() && !source.starts_with('|')));
    assert!(uri.module_path().is_none_or(|path| path.starts_with('/')));
    let shown = uri.to_string();
    let again: Uri = shown.parse().expect("what is shown is read");
    assert_eq!((again.to_string(), again.has_pin_value()), (shown, false));
    assert!(pin.is_some() || again == uri);
}
