//! Key files: their errors and their findings.

use super::{C_AGENT, CSHARP_AGENT, JSON, KEY, MICRO, STRING, Scratch, XML, agent, bad_key, is_file, loads, module};
use defender_auth::{
    Error, SharedAccessKey,
    agent::{Finding, Observation, key_file, load},
    connection_string::Finding as TextFinding,
    error::{Code, ErrorKind, FileProblem},
    key::KeyError,
};

/// The findings about a C agent's key file that is accepted.
fn noticed(key: &str) -> Vec<Observation> {
    let folder = agent(JSON, C_AGENT);
    let path = folder.write("key.txt", key);
    let loaded = load(folder.folder()).unwrap();
    let (read, findings) = key_file(&path).unwrap();
    assert_eq!(read, SharedAccessKey::from_base64(key).unwrap());
    assert_eq!(findings, loaded.findings, "by itself and as part of a configuration");
    let seen = |finding: Finding| {
        let text = finding.to_string();
        assert!(finding.is_warning() && text.starts_with(&path) && !text.contains(&KEY[..8]), "{text}");
        finding.observation
    };
    findings.into_iter().map(seen).collect()
}

#[test]
fn a_key_file_without_a_key_is_named_for_what_it_has() {
    let long = SharedAccessKey::from_bytes(&[0x55; 64]).unwrap().to_base64();
    let symbols = long.expose().trim_end_matches('=');
    let cut = &symbols[..symbols.len() - 1];
    for (text, expected) in [
        (STRING, KeyError::ConnectionString),
        (&KEY[..42], KeyError::Truncated),
        (&format!("{KEY}="), KeyError::ExcessPadding),
        ("AwoRGB8mLTQ7QklQV15lbA===", KeyError::ExcessPadding),
        (&format!("{}=", &KEY[..42]), KeyError::Truncated),
        (cut, KeyError::Truncated),
        (&format!("{cut}=="), KeyError::Truncated),
        ("****", KeyError::Masked),
        (&format!("\"{KEY}\""), KeyError::Quoted),
        (&format!("{KEY}\n{KEY}\n"), KeyError::LineBreak { offset: 44 }),
        ("\n", KeyError::Empty),
        ("", KeyError::Empty),
    ] {
        let error = bad_key(text);
        assert_eq!(error.inner(), &Error::Key(expected), "{text:?}");
        assert_eq!(error.kind(), ErrorKind::Input);
        let code = if expected == KeyError::Empty { Code::KeyAbsent } else { Code::KeyBase64 };
        assert_eq!(error.code(), code);
    }
}

#[test]
fn white_space_around_a_key_is_ignored() {
    for text in [KEY.into(), format!("{KEY}\n"), format!("{KEY}\r\n"), format!(" \t{KEY} \n\n")] {
        assert_eq!(noticed(&text), []);
    }
}

#[test]
fn a_key_without_padding_is_accepted_and_noticed() {
    let text = &KEY[..43];
    assert_eq!(noticed(text), [Observation::Text(TextFinding::KeyPadding)]);
    let folder = agent(JSON, C_AGENT);
    folder.write("key.txt", text);
    assert_eq!(load(folder.folder()).unwrap().plan.outcome(), Some(&module("azureiotsecurity")));
}

#[test]
fn a_key_of_unusual_length_is_accepted_and_noticed() {
    for (bytes, unusual) in [(15, true), (16, false), (33, true), (48, false), (64, false), (65, true)] {
        let key = SharedAccessKey::from_bytes(&vec![0x55; bytes]).unwrap();
        let expected = unusual.then_some(Observation::Text(TextFinding::KeyLength { bytes }));
        assert_eq!(noticed(key.to_base64().expose()), Vec::from_iter(expected));
    }
}

#[test]
fn a_secret_that_every_user_can_read_is_a_finding() {
    for (name, contents, secret) in [(MICRO, STRING, MICRO), (JSON, C_AGENT, "key.txt"), (XML, CSHARP_AGENT, "key.txt")]
    {
        let folder = agent(name, contents);
        // Only its owner can, as the files are written here.
        assert_eq!(load(folder.folder()).unwrap().findings, []);
        folder.share(secret);
        let findings = load(folder.folder()).unwrap().findings;
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.observation, Observation::ReadableByOthers);
        assert!(finding.is_warning() && finding.place == folder.path(secret));
        assert!(finding.to_string().contains(if cfg!(windows) { "icacls" } else { "chmod o-rwx" }));
    }
}

#[test]
fn a_file_without_a_secret_may_be_readable_by_all() {
    let folder = agent(MICRO, "HostName=contoso.azure-devices.net;DeviceId=dev-01;x509=true");
    folder.share(MICRO);
    assert_eq!(load(folder.folder()).unwrap().findings, []);
    let folder = agent(JSON, C_AGENT);
    folder.share(JSON);
    loads(&folder.folder(), &module("azureiotsecurity"));
}

#[test]
fn a_key_file_can_be_read_by_itself() {
    let folder = Scratch::new();
    let nowhere = folder.path("key.txt");
    let error = key_file(&nowhere).unwrap_err();
    assert!(error.to_string().starts_with(&nowhere), "{error}");
    is_file(&error, &FileProblem::NotFound);
}
