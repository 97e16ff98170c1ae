//! The connection string itself, without what files, shells and templates put around it.

use super::{
    ConnectionString, ConnectionStringError as E, Finding,
    foreign::{ForeignText, is_labelled},
};
use crate::identity::{has_placeholder, has_variable};
use alloc::vec::Vec;

/// The string, of which nothing is copied.
pub(super) fn strip<'a>(text: &'a str, findings: &mut Vec<Finding>) -> Result<&'a str, E> {
    if text.contains('\0') {
        return Err(E::Utf16);
    }
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            findings.push(Finding::ByteOrderMark);
            rest
        }
        None => text,
    };
    let text = match text.strip_suffix('\n') {
        Some(rest) => {
            findings.push(Finding::LineBreak);
            rest.strip_suffix('\r').unwrap_or(rest)
        }
        None => text,
    };
    if text.trim().is_empty() {
        return Err(E::Empty);
    }
    // Before the limit, which a configuration file may exceed: its kind is the better answer.
    if let Some(kind) = ForeignText::recognise(text) {
        return Err(E::Foreign(kind));
    }
    if text.len() > ConnectionString::LIMIT {
        return Err(E::TooLong);
    }
    if is_labelled(text) {
        return Err(E::Labelled);
    }
    if let Some(offset) = text.find(['\n', '\r']) {
        return Err(E::LineBreak { offset });
    }
    if is_template(text) {
        return Err(E::Template);
    }
    match wrapping(text.trim()) {
        Some(what) => Err(E::Wrapped { what }),
        None => Ok(text),
    }
}

/// Whether the text as a whole is a placeholder: `<connection string>`, `$CONNECTION_STRING`, `Your connection string`.
fn is_template(text: &str) -> bool {
    let has =
        |word: &str| text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    !text.contains('=') && (has_placeholder(text) || has_variable(text) || has("connection") || has("your"))
}

fn wrapping(text: &str) -> Option<&'static str> {
    let starts = |with: &[char]| text.starts_with(with);
    let touches = |with: &[char]| text.starts_with(with) || text.ends_with(with);
    if touches(&['“', '”', '„', '‘', '’', '«', '»']) {
        Some("typographic quotation marks (as documentation prints them)")
    } else if touches(&['"']) {
        Some("double quotation marks")
    } else if starts(&['\'']) {
        // An id may end with this one.
        Some("single quotation marks")
    } else if touches(&['`']) {
        Some("backquotes")
    } else if starts(&['{']) || (text.ends_with('}') && !text.contains('{')) {
        Some("braces")
    } else if starts(&['<']) {
        Some("the angle brackets of a template")
    } else if starts(&['[']) || (text.ends_with(']') && !text.contains('[')) {
        Some("square brackets")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString as _};

    const KEY: &str = "SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==";

    fn error(text: &str) -> Option<E> {
        ConnectionString::parse(text).err()
    }

    #[test]
    fn what_surrounds_a_string_is_named() {
        let text = format!("HostName=h;DeviceId=d;{KEY}");
        for (left, right, what) in [
            ("“", "", "typographic"),
            ("", "”", "typographic"),
            ("\"", "", "double"),
            ("", "\"", "double"),
            ("'", "'", "single"),
            ("`", "", "backquotes"),
            ("", "`", "backquotes"),
            ("{", "", "braces"),
            ("", "}", "braces"),
            ("<", "", "angle"),
            ("[", "]", "square"),
            ("", "]", "square"),
        ] {
            let Some(E::Wrapped { what: found }) = error(&format!("{left}{text}{right}")) else {
                panic!("{left}{right}")
            };
            assert!(found.contains(what), "{found}");
        }
        assert_eq!(error("HostName=h;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==;DeviceId=d'"), None);
        assert!(matches!(error("HostName=h;DeviceId={id}"), Some(E::NoCredential)), "a value is a placeholder");
    }

    #[test]
    fn what_a_file_adds_to_a_string_is_ignored_and_reported() {
        let text = format!("HostName=h;DeviceId=d;{KEY}");
        let findings = |text: &str| ConnectionString::read(text).map(|(_, findings)| findings);
        assert_eq!(findings(&format!("\u{feff}{text}\r\n")), Ok([Finding::ByteOrderMark, Finding::LineBreak].into()));
        assert_eq!(findings(&text), Ok(Vec::new()));
        assert_eq!(error(&format!("{text}\n\n")), Some(E::LineBreak { offset: text.len() }));
        assert_eq!(error(&text.replacen(';', "\0", 1)), Some(E::Utf16));
        assert_eq!(error("\u{feff} \n"), Some(E::Empty));
    }

    #[test]
    fn the_text_of_a_string_has_a_limit() {
        let of = |length: usize| format!("HostName=h;DeviceId=d;{KEY};x={}", "x".repeat(length - 65));
        assert_eq!(error(&of(ConnectionString::LIMIT)), None);
        assert_eq!(error(&of(ConnectionString::LIMIT + 1)), Some(E::TooLong));
    }

    #[test]
    fn a_whole_text_may_be_a_placeholder() {
        for text in [
            "<connection string>",
            "{your connection string here}",
            "[IOTHUB_DEVICE_CONNECTION_STRING]",
            "{{ device }}",
            "${CS}",
            "$IOTHUB_DEVICE",
            "%CONNECTION%",
            "YourDeviceConnectionString",
            "Paste the connection string here",
        ] {
            assert_eq!(error(text), Some(E::Template), "{text}");
        }
    }

    #[test]
    fn a_label_before_a_string_is_named() {
        let text = format!("HostName=h;DeviceId=d;{KEY}");
        for before in [
            "Primary connection string: ",
            "Primary Connection String\t",
            "ConnectionString=",
            "connectionString = \"",
            "CS='",
            "export IOTHUB_DEVICE_CONNECTION_STRING=\"",
            "static const char* connectionString = \"",
            "#define CONNECTION_STRING \"",
            "\nPrimary connection string:",
        ] {
            assert_eq!(error(&format!("{before}{text}")), Some(E::Labelled), "{before}");
        }
        assert_eq!(error(&format!("Connection: DeviceId=d;HostName=h;{KEY}")), Some(E::Labelled));
        assert_eq!(error(&format!(" {text}")), Some(E::WhiteSpace { name: "HostName" }), "nothing but white space");
        assert_eq!(error(&format!("Old HostName=g;{text}")), None, "an unknown name beside the known one");
    }

    #[test]
    fn texts_of_other_kinds_are_named() {
        use ForeignText as F;
        let text = format!("HostName=h;DeviceId=d;{KEY}");
        for (text, kind) in [
            (format!("{{\"connectionString\": \"{text}\"}}"), F::Json),
            (format!("[\r\n  {{ \"connectionString\": \"{text}\" }}\r\n]\r\n"), F::Json),
            (format!("[provisioning]\nsource = \"manual\"\nconnection_string = \"{text}\"\n"), F::Toml),
            (
                format!("# config.toml\n\nhostname = \"dev-01\"\n\n[provisioning]\nconnection_string = '{text}'"),
                F::Toml,
            ),
            (format!("connection_string = \"{text}\""), F::Toml),
            ("dynamic_reprovisioning = false\n[provisioning]\n".to_string(), F::Toml),
            ("[[trust_bundle]]\nx = 1".to_string(), F::Toml),
            (format!("provisioning:\n  source: \"manual\"\n  device_connection_string: \"{text}\"\n"), F::Yaml),
            (format!("device_connection_string: {text}"), F::Yaml),
            (format!("connection: \"{text}\""), F::Yaml),
            (format!("---\n# config.yaml\n- device: x\n  string: {text}"), F::Yaml),
            (format!("<add key=\"ConnectionString\" value=\"{text}\"/>"), F::Xml),
            ("<?xml version=\"1.0\"?><Authentication></Authentication>".to_string(), F::Xml),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_string(), F::Pem),
            ("SharedAccessSignature sr=h%2Fdevices%2Fd&sig=s&se=5".to_string(), F::SasToken),
            ("sr=h%2Fdevices%2Fd&sig=s&se=5".to_string(), F::SasToken),
            ("SG9zdE5hbWU9aDtEZXZpY2VJZD1k\n".to_string(), F::Base64),
            ("https://contoso.azure-devices.net".to_string(), F::Url),
            ("mqtts://contoso.azure-devices.net:8883".to_string(), F::Url),
            (
                "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=p;SharedAccessKey=a".to_string(),
                F::ServiceBus,
            ),
            ("SharedAccessKeyName=iothubowner;SharedAccessKey=a;EntityPath=contoso".to_string(), F::ServiceBus),
            (
                "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a;EndpointSuffix=core.windows.net".to_string(),
                F::Storage,
            ),
            ("BlobEndpoint=https://contoso.blob.core.windows.net/;SharedAccessSignature=a".to_string(), F::Storage),
            ("AccountEndpoint=https://contoso.documents.azure.com:443/;AccountKey=a".to_string(), F::OtherService),
            ("InstrumentationKey=a;IngestionEndpoint=https://contoso".to_string(), F::OtherService),
            ("Server=tcp:contoso.database.windows.net,1433;Initial Catalog=a".to_string(), F::OtherService),
            ("Endpoint=https://contoso.azconfig.io;Id=a;Secret=a".to_string(), F::OtherService),
        ] {
            assert_eq!(error(&text), Some(E::Foreign(kind)), "{text}");
            let shown = E::Foreign(kind).to_string();
            assert!(!shown.contains("AwoR") && !shown.contains('\n'), "{shown}");
        }
    }

    #[test]
    fn a_configuration_file_is_named_however_long_it_is() {
        let text = format!("[provisioning]\nsource = \"dps\"\n{}", "# comment\n".repeat(1000));
        assert_eq!(error(&text), Some(E::Foreign(ForeignText::Toml)));
    }

    #[test]
    fn a_pair_of_another_service_beside_a_host_name_is_only_unknown() {
        let text = format!("HostName=h;DeviceId=d;{KEY};EntityPath=x;Server=y");
        assert_eq!(error(&text), None);
    }
}
