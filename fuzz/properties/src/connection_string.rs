//! Connection strings of devices, modules and services.

use crate::secret_parts::secret_parts;
use defender_auth::{ConnectionString, connection_string::ServiceConnectionString};

/// What was read is written in one form, and that form is read as the same. Errors do not quote the key.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match ConnectionString::read(text) {
        Ok((string, _)) => {
            let written = string.expose();
            let again = ConnectionString::parse(written.expose()).expect("what is written can be read");
            assert_eq!(again, string, "written and read again it is the same");
            assert_eq!(again.expose().expose(), written.expose(), "there is one way to write it");
            let parts = ConnectionString::new(string.identity().clone(), string.credential().clone());
            assert_eq!(parts.as_ref(), Ok(&string), "it is the sum of its parts");
            assert!(ServiceConnectionString::parse(text).is_err(), "no text is both a device's and a service's");
            hides_the_key(text, &format!("{string:?}"));
        }
        Err(error) => hides_the_key(text, &format!("{error} {error:?}")),
    }
    match ServiceConnectionString::read(text) {
        Ok((string, _)) => {
            let written = string.expose();
            let again = ServiceConnectionString::parse(written.expose()).expect("what is written can be read");
            assert_eq!(again, string, "written and read again it is the same");
            hides_the_key(text, &format!("{string:?}"));
        }
        Err(error) => hides_the_key(text, &format!("{error} {error:?}")),
    }
}

/// No part of the key's text stands in what is shown.
fn hides_the_key(text: &str, shown: &str) {
    let keys = text.split(';').filter_map(|pair| pair.split_once('='));
    for (_, key) in keys.filter(|(name, _)| name.trim().eq_ignore_ascii_case("SharedAccessKey")) {
        // What the text says elsewhere, in a host's name for example, may be shown.
        let elsewhere = text.replacen(key, "", 1);
        for part in secret_parts(key) {
            assert!(!shown.contains(part) || elsewhere.contains(part), "{shown} shows a key");
        }
    }
}
