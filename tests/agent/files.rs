//! Files that are not there, not files, too large, or not UTF-8.

use super::{
    C_AGENT, CSHARP_AGENT, JSON, KEY, MICRO, STRING, XML, agent, bad_key, is_file, loads, misread, module, refused,
};
use defender_auth::{
    Error,
    agent::{Observation, load},
    connection_string::{ConnectionStringError, Finding},
    error::{CertificateError, CertificateProblem, Code, FileProblem},
};

/// The largest configuration.
const LIMIT: usize = 65_536;

/// The largest key file.
const KEY_LIMIT: usize = 4096;

/// The text, followed by as many spaces as make it this long.
fn padded(text: &str, length: usize) -> String {
    text.to_owned() + &" ".repeat(length - text.len())
}

#[test]
fn a_missing_file_is_named() {
    let folder = agent(JSON, C_AGENT.replace("key.txt", "nowhere.txt"));
    let (nowhere, key) = (folder.path("nowhere"), folder.path("nowhere.txt"));
    // A file is no folder either.
    let below_a_file = folder.path("key.txt/connection_string.txt");
    for (path, named) in [(&nowhere, &nowhere), (&folder.folder(), &key), (&below_a_file, &below_a_file)] {
        let error = refused(path, named);
        is_file(&error, &FileProblem::NotFound);
        assert_eq!(error.code(), Code::FileNotFound);
    }
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_named() {
    let folder = super::Scratch::new();
    let link = folder.path(MICRO);
    std::os::unix::fs::symlink(folder.path("nowhere"), &link).unwrap();
    is_file(&refused(&folder.folder(), &link), &FileProblem::NotFound);
}

#[test]
fn a_folder_is_not_a_file() {
    let folder = agent(JSON, C_AGENT.replace("key.txt", "keys"));
    let keys = folder.path("keys");
    std::fs::create_dir(&keys).unwrap();
    is_file(&refused(&folder.folder(), &keys), &FileProblem::NotRegular);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_its_other_end() {
    let folder = agent(JSON, C_AGENT.replace("key.txt", MICRO));
    let pipe = folder.path(MICRO);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    is_file(&refused(&pipe, &pipe), &FileProblem::NotRegular);
    is_file(&refused(&folder.path(JSON), &pipe), &FileProblem::NotRegular);
    is_file(&refused("/dev/zero", "/dev/zero"), &FileProblem::NotRegular);
}

#[test]
fn a_configuration_has_a_limit() {
    let too_large = FileProblem::TooLarge { limit: LIMIT };
    for (name, text) in [(JSON, C_AGENT), (XML, CSHARP_AGENT)] {
        let folder = agent(name, padded(text, LIMIT));
        loads(&folder.folder(), &module("azureiotsecurity"));
        let error = misread(name, padded(text, LIMIT + 1));
        is_file(&error, &too_large);
        assert_eq!(error.code(), Code::FileRead);
    }
    // The limit of the string itself is the smaller one.
    let error = misread(MICRO, padded(STRING, LIMIT));
    assert_eq!(error.inner(), &ConnectionStringError::TooLong.into());
    is_file(&misread(MICRO, padded(STRING, LIMIT + 1)), &too_large);
}

#[test]
fn a_key_file_has_a_limit() {
    let folder = agent(JSON, C_AGENT);
    folder.write("key.txt", padded(KEY, KEY_LIMIT));
    loads(&folder.folder(), &module("azureiotsecurity"));
    let error = bad_key(padded(KEY, KEY_LIMIT + 1));
    is_file(&error, &FileProblem::TooLarge { limit: KEY_LIMIT });
}

#[test]
fn utf_16_is_recognised_with_and_without_its_mark() {
    for (name, text) in [(MICRO, STRING), (JSON, C_AGENT), (XML, CSHARP_AGENT)] {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            for mark in ["", "\u{feff}"] {
                let encode =
                    |text: &str| -> Vec<u8> { format!("{mark}{text}").encode_utf16().flat_map(order).collect() };
                is_file(&misread(name, encode(text)), &FileProblem::Utf16);
                is_file(&bad_key(encode(KEY)), &FileProblem::Utf16);
            }
        }
    }
}

#[test]
fn binary_is_not_taken_for_utf_16() {
    let binary: Error = CertificateError::from(CertificateProblem::Binary).into();
    // Sequences of 3, 128 and 256 bytes, as certificates and keys are.
    for (head, length) in [(&[0x30, 3][..], 3), (&[0x30, 0x81, 128], 128), (&[0x30, 0x82, 1, 0], 256)] {
        let error = bad_key([head, &vec![0; length]].concat());
        assert_eq!(error.inner(), &binary, "{error}");
        // One byte more than it says is something else.
        is_file(&bad_key([head, &vec![0; length + 1]].concat()), &FileProblem::Utf16);
    }
    // A sequence with nothing in it is no certificate.
    is_file(&bad_key([0x30, 0]), &FileProblem::Utf16);
    // A key that begins like a sequence of 43 bytes, as many as follow with the end of its line.
    let folder = agent(JSON, C_AGENT);
    folder.write("key.txt", KEY.replacen("Aw", "0+", 1) + "\n");
    assert!(load(folder.folder()).is_ok());
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_place() {
    for (name, text) in [(MICRO, STRING), (JSON, C_AGENT), (XML, CSHARP_AGENT)] {
        let offset = text.find("dev-01").unwrap();
        let mut bytes = text.as_bytes().to_vec();
        bytes[offset] = 0xe9;
        is_file(&misread(name, bytes), &FileProblem::NotUtf8 { offset });
    }
    is_file(&bad_key(b"AwoR\xc3"), &FileProblem::NotUtf8 { offset: 4 });
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let marked = |text: &str| format!("\u{feff}{text}");
    for (name, text) in [(JSON, C_AGENT), (XML, CSHARP_AGENT)] {
        let folder = agent(name, marked(text));
        folder.write("key.txt", marked(KEY));
        loads(&folder.folder(), &module("azureiotsecurity"));
    }
    let folder = agent(MICRO, marked(STRING));
    let loaded = load(folder.folder()).unwrap();
    assert_eq!(loaded.plan.outcome(), Some(&module("DefenderIotMicroAgent")));
    let [finding] = loaded.findings.as_slice() else { panic!("{:?}", loaded.findings) };
    assert_eq!(finding.observation, Observation::Text(Finding::ByteOrderMark));
    assert!(finding.place == folder.path(MICRO) && !finding.is_warning());
}

/// No system has a file of such a name.
#[test]
fn a_path_with_a_zero_in_it_is_refused() {
    let error = load("connection\0string.txt").unwrap_err();
    assert!(matches!(error.inner(), Error::File(_)), "{error:?}");
}

#[test]
fn the_name_of_a_file_stays_on_one_line_in_text_and_debug() {
    let name = "x\u{1b}[31m\nerror: fake \u{202e}é";
    let shown = r"x\u{1b}[31m\nerror: fake \u{202e}é: ";
    let error = load(name).unwrap_err();
    assert_eq!(error.field().as_deref(), Some(name));
    for error in [error.clone(), error.at(name)] {
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(text.trim_start_matches('"').starts_with(shown), "{text:?}");
            assert!(!text.contains(['\u{1b}', '\n', '\u{202e}']), "{text:?}");
        }
    }
}
