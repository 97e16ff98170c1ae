//! Common mistakes in connection strings, and whether the error says how to correct them.

use crate::support::{HOST, KEY, LONG_KEY, Scratch, defenderauth, device, service, string};

/// From standard input to one command and from a file to another, both say the same.
#[track_caller]
fn mistake(text: impl AsRef<[u8]>, words: &[&str]) {
    let text = text.as_ref();
    let scratch = Scratch::new();
    let file = scratch.write("connection_string.txt", text);
    let piped = defenderauth(&["inspect", "-"], text).failed(2, words);
    let filed = defenderauth(&["authenticate", &file], "").failed(2, words);
    assert!(piped.err.contains("standard input"), "{piped:?}");
    assert!(filed.err.contains(&file), "{filed:?}");
    assert!(piped.out.is_empty() && filed.out.is_empty());
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

#[test]
fn a_service_string_is_no_devices() {
    let cure = ["service connection string", "give the connection string of the device or the module"];
    let scratch = Scratch::new();
    let file = scratch.write("connection_string.txt", service());
    for source in ["-", &file] {
        defenderauth(&["token", source, "--ttl", "1h"], service()).failed(2, &cure);
        defenderauth(&["authenticate", source], service()).failed(2, &cure);
        let seen = defenderauth(&["inspect", source], service()).done();
        assert!(seen.out.contains("kind          service\n"), "{seen:?}");
    }
}

#[test]
fn a_devices_string_is_no_services() {
    let scratch = Scratch::new();
    let file = scratch.write("connection_string.txt", device());
    for source in ["-", &file] {
        let run = defenderauth(&["token", "--service", source, "--ttl", "1h"], device());
        run.failed(2, &["of a device or a module", "`Shared access policies`"]);
    }
}

#[test]
fn the_shell_cut_the_string() {
    mistake(format!("HostName={HOST}"), &["a shell cuts it", "put it in single quotes"]);
    mistake(format!("HostName={HOST}\n"), &["put it in single quotes"]);
}

#[test]
fn the_string_is_enclosed_in_something() {
    for (open, close, what) in [
        ("\"", "\"", "double quotation marks"),
        ("'", "'", "single quotation marks"),
        ("{", "}", "braces"),
        ("“", "”", "typographic quotation marks"),
        ("<", ">", "angle brackets"),
    ] {
        mistake(format!("{open}{}{close}\n", device()), &[what, "remove them"]);
    }
    mistake("<connection string>", &["placeholder", "in its place", "angle brackets", "remove them"]);
}

#[test]
fn the_file_is_utf_16() {
    let cure = ["UTF-16", "save it as UTF-8", "Set-Content -Encoding utf8"];
    for text in [device(), format!("\u{feff}{}", device())] {
        mistake(utf16(&text, u16::to_le_bytes), &cure);
        mistake(utf16(&text, u16::to_be_bytes), &cure);
    }
}

#[test]
fn the_key_is_not_whole() {
    let symbols = LONG_KEY.trim_end_matches('=');
    let cut = &symbols[..symbols.len() - 1];
    for key in [cut.to_owned(), format!("{cut}=="), KEY[..42].to_owned(), format!("{}=", &KEY[..42])] {
        let cure = ["`SharedAccessKey`", "lost characters at its end", "copy it again"];
        mistake(string(&format!("DeviceId=dev-01;SharedAccessKey={key}")), &cure);
    }
    mistake(string("DeviceId=dev-01;SharedAccessKey=****"), &["masked", "show the key"]);
    mistake(string("DeviceId=dev-01;SharedAccessKey="), &["the key is empty", "copy the primary"]);
}

#[test]
fn the_credential_is_not_one() {
    let token = "SharedAccessSignature=SharedAccessSignature sr=a&sig=b&se=1";
    let key = format!("SharedAccessKey={KEY}");
    for (first, second, names) in [
        (key.as_str(), token, ["`SharedAccessKey`", "`SharedAccessSignature`"]),
        (&key, "x509=true", ["`SharedAccessKey`", "`x509`"]),
        (token, "x509=true", ["`SharedAccessSignature`", "`x509`"]),
    ] {
        let text = string(&format!("DeviceId=dev-01;{first};{second}"));
        mistake(text, &[names[0], names[1], "remove the one that is not meant"]);
    }
    mistake(string("DeviceId=dev-01;x509=maybe"), &["write `x509=true`"]);
    let cure = ["no credential", "one of `SharedAccessKey`, `SharedAccessSignature` and `x509=true`"];
    mistake(string("DeviceId=dev-01"), &cure);
    mistake(string("DeviceId=dev-01;x509=false"), &cure);
}

#[test]
fn a_name_is_wrong() {
    let device = device();
    mistake(format!("{device};GatewayHost=edge"), &["the name is `GatewayHostName`"]);
    mistake(format!("{device};DeviceId=dev-02"), &["`DeviceId` occurs twice", "remove"]);
    mistake(format!("{device};deviceid=dev-01"), &["`DeviceId` occurs twice", "remove"]);
    let misspelt = device.replace("SharedAccessKey", "SharedAccesKey");
    mistake(misspelt, &["`SharedAccessKey`", "correct its spelling"]);
    let misspelt = device.replace(";Shared", ";ModulId=m;Shared");
    mistake(misspelt, &["no `ModuleId`", "looks like it"]);
    let spaced = device.replace(";DeviceId", "; DeviceId");
    mistake(spaced, &["white space before or after `DeviceId`", "remove it"]);
}

#[test]
fn a_value_is_wrong() {
    let device = device();
    let host = |text: &str| device.replace(HOST, text);
    mistake(host("<the host name of the iot hub>"), &["`HostName`", "placeholder", "the real value"]);
    mistake(host("https://contoso.azure-devices.net/"), &["`HostName`", "URL", "without `https://`"]);
    mistake(host("contoso.azure-devices.net:8883"), &["`HostName`", "port", "the name alone"]);
    let id = |text: &str| device.replace("dev-01", text);
    mistake(id("<the id of the device>"), &["`DeviceId`", "placeholder", "the real value"]);
    mistake(id("dev;01"), &["holds a `;`", "cannot be written in a connection string"]);
    mistake(id("dev-01 "), &["`DeviceId`", "white space", "remove it"]);
    mistake(id(""), &["`DeviceId`", "empty"]);
}

#[test]
fn the_string_is_not_a_line() {
    mistake(device().replace(";D", ";\nD"), &["line break at byte", "everything on one line"]);
    mistake(format!("{0}\n{0}\n", device()), &["line break at byte", "nothing above or below it"]);
    mistake("", &["empty", "copy it from the portal"]);
    mistake("dev-01", &["not a connection string", "`HostName=`"]);
    mistake(KEY, &["this is a key", "has the key in `SharedAccessKey=`"]);
}

#[test]
fn provisioning_has_no_connection_strings() {
    let cure = ["device provisioning", "the ID scope, the registration ID and the key each by itself"];
    let names = format!("IdScope=0ne00000A0A;RegistrationId=dev-01;SharedAccessKey={KEY}");
    mistake(&names, &cure);
    mistake(format!("HostName=global.azure-devices-provisioning.net;{names}"), &cure);
}

#[test]
fn what_editors_add_is_ignored_and_reported() {
    let device = device();
    for (text, note) in [
        (format!("{device}\n"), "a line break at the end was ignored"),
        (format!("{device}\r\n"), "a line break at the end was ignored"),
        (format!("\u{feff}{device}"), "a byte order mark at the start was ignored"),
    ] {
        let scratch = Scratch::new();
        let file = scratch.write("connection_string.txt", &text);
        for source in ["-", &file] {
            let seen = defenderauth(&["inspect", source], &text).done();
            assert!(seen.out.lines().any(|line| line.starts_with("note") && line.ends_with(note)), "{seen:?}");
            defenderauth(&["authenticate", source], &text).done();
        }
    }
}
