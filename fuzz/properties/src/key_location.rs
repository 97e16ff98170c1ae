//! The name of a private key.

use defender_auth::{
    error::{EndpointError, KeyLocationError as Problem},
    private_key::Location,
};
use defender_auth_pkcs11::Uri;
use percent_encoding::percent_decode_str;

/// A text that may name a key. What is read of it is shown as what reads the same, and a PIN is in neither name nor error.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let location: Location = match text.parse() {
        Ok(location) => location,
        Err(error) => return failed(text, &error),
    };
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?} is accepted");
    let shown = location.to_string();
    assert_eq!(shown.parse().as_ref(), Ok(&location), "{text:?} is shown as {shown:?}");
    match &location {
        Location::File(path) => {
            assert_eq!((path.to_str(), shown.as_str()), (Some(text), text));
            let scheme = text.split(':').next().unwrap_or_default();
            assert!(
                !text.contains(':') || !["keyd", "pkcs11", "tpm", "unix"].contains(&scheme.to_lowercase().as_str())
            );
        }
        Location::Process(path) => {
            assert!(scheme_of(text, "unix") && path.to_str() == Some(&text[5..]) && text.len() > 5);
        }
        Location::Token(uri) => {
            assert!(scheme_of(text, "pkcs11") && uri == text && !has_pin(text), "{text:?}");
            assert!(uri.parse::<Uri>().is_ok_and(|uri| !uri.has_pin_value()) || uri.parse::<Uri>().is_err());
        }
        Location::TpmFile { path, tpm } => {
            assert!(scheme_of(text, "tpm") && path.to_str() == value(text, "file").as_deref());
            assert_eq!(tpm.is_some(), value(text, "tpm").is_some());
        }
        Location::TpmHandle { handle, tpm } => {
            assert!(scheme_of(text, "tpm") && handle >> 24 == 0x81, "{handle:#x}");
            let digits = value(text, "handle").expect("it is where the handle is from");
            assert_eq!(u32::from_str_radix(&digits[2..], 16), Ok(*handle));
            assert_eq!(tpm.is_some(), value(text, "tpm").is_some());
        }
        Location::Keyd { id, folder } => {
            assert!(scheme_of(text, "keyd") && value(text, "id").as_ref() == Some(id) && !id.is_empty());
            assert_eq!(folder, &value(text, "folder"));
        }
        other => panic!("{other:?} is of no known kind"),
    }
}

fn scheme_of(text: &str, scheme: &str) -> bool {
    text.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case(scheme))
}

/// An attribute after `tpm:` or `keyd:`, by another decoder.
fn value(text: &str, name: &str) -> Option<String> {
    let (_, attributes) = text.split_once(':')?;
    let value = attributes.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    percent_decode_str(value).decode_utf8().ok().map(Into::into)
}

/// Whether an attribute of a PKCS#11 URI is called `pin-value`.
fn has_pin(text: &str) -> bool {
    let names = text["pkcs11:".len()..].split(['?', '&', ';']).filter_map(|part| Some(part.split_once('=')?.0));
    names
        .filter_map(|name| percent_decode_str(name).decode_utf8().ok())
        .any(|name| name.trim().to_lowercase() == "pin-value")
}

/// Nothing of the text is in the error, but a word that is of no use to anybody.
fn failed(text: &str, error: &Problem) {
    match error {
        Problem::Tpm(EndpointError::Unsupported(word)) => assert!(word.len() <= 16 && scheme_of(text, "tpm")),
        Problem::PinValue => assert!(scheme_of(text, "pkcs11")),
        // The texts of the others are the library's own.
        Problem::Tpm(_) | Problem::Attribute | Problem::FileOrHandle | Problem::Handle => {
            assert!(scheme_of(text, "tpm"));
        }
        Problem::Percent { name } | Problem::Twice { name } => {
            assert!(["file", "folder", "handle", "id", "tpm"].contains(name));
        }
        Problem::Keyd => assert!(scheme_of(text, "keyd")),
        Problem::Empty => assert!(text.is_empty()),
        Problem::Control => assert!(text.contains(char::is_control)),
        Problem::NoSocket => assert!(text.eq_ignore_ascii_case("unix:")),
        Problem::Scheme => assert!(text.contains(':')),
        other => panic!("{other:?} is no error of a name"),
    }
    if scheme_of(text, "pkcs11") && has_pin(text) {
        assert!(matches!(error, Problem::PinValue | Problem::Control), "{text:?}");
    }
    assert!(!error.to_string().contains('\n'));
}
