//! Connection strings of devices, modules and services.

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

/// No twelve characters of the key's text stand in what is shown.
fn hides_the_key(text: &str, shown: &str) {
    // A made-up key may have our own words in it, which errors say.
    let shown = NAMES.iter().fold(shown.to_owned(), |shown, name| shown.replace(name, " "));
    let keys = text.split(';').filter_map(|pair| pair.split_once('='));
    for (_, key) in keys.filter(|(name, _)| name.trim().eq_ignore_ascii_case("SharedAccessKey")) {
        // What the text says elsewhere, in a host's name for example, may be shown.
        let elsewhere = text.replacen(key, "", 1);
        let parts = key.as_bytes().windows(12).filter(|part| part.iter().all(u8::is_ascii_alphanumeric));
        for part in parts.filter_map(|part| str::from_utf8(part).ok()) {
            assert!(!shown.contains(part) || elsewhere.contains(part), "{shown} shows a key");
        }
    }
}

/// The longer names first, because they have the shorter ones in them.
const NAMES: [&str; 4] = ["SharedAccessSignature", "SharedAccessKeyName", "SharedAccessKey", "GatewayHostName"];
