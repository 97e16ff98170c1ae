//! Configurations of agents, through the C interface.

#![cfg(feature = "agent")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../tests/support/scratch.rs"]
mod scratch;
mod support;

use defenderauth::{agent_config::*, *};
use scratch::Scratch;
use std::ptr;
use support::{Failed, bytes, call, made, place, read, text};

/// The path of an example.
fn example(name: &str) -> String {
    format!("{}/../examples/agents/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn load(path: &str) -> Result<Box<AgentConfig>, Failed> {
    let (path, len) = text(path);
    made(|out, error| defenderauth_agent_config_load(path, len, Some(out), Some(error)))
}

fn load_with(path: &str, passphrase: &[u8]) -> Result<Box<AgentConfig>, Failed> {
    let ((path, len), (passphrase, passphrase_len)) = (text(path), bytes(passphrase));
    made(|out, error| {
        defenderauth_agent_config_load_with_passphrase(path, len, passphrase, passphrase_len, Some(out), Some(error))
    })
}

fn failure(outcome: Result<Box<AgentConfig>, Failed>) -> Failed {
    outcome.err().unwrap()
}

/// Hub, device, module, ID scope and registration ID.
fn names(config: &AgentConfig) -> [String; 5] {
    let config = Some(config);
    [
        defenderauth_agent_config_host_name(config),
        defenderauth_agent_config_device_id(config),
        defenderauth_agent_config_module_id(config),
        defenderauth_agent_config_id_scope(config),
        defenderauth_agent_config_registration_id(config),
    ]
    .map(read)
}

fn findings(config: &AgentConfig) -> Vec<String> {
    let count = defenderauth_agent_config_finding_count(Some(config));
    assert_eq!(read(defenderauth_agent_config_finding(Some(config), count)), "");
    assert_eq!(read(defenderauth_agent_config_finding(Some(config), usize::MAX)), "");
    (0..count).map(|index| read(defenderauth_agent_config_finding(Some(config), index))).collect()
}

#[test]
fn each_identity_has_its_names() {
    const HUB: &str = "contoso.azure-devices.net";
    let known = [HUB, "dev-01", "azureiotsecurity", "", ""];
    let asked = ["", "", "azureiotsecurity", "0ne00000A0A", "dev-01"];
    for (name, identity, expected) in [
        ("micro", DEFENDERAUTH_IDENTITY_MODULE, known),
        ("micro/connection_string.txt", DEFENDERAUTH_IDENTITY_MODULE, known),
        ("c/module", DEFENDERAUTH_IDENTITY_MODULE, known),
        ("c/device", DEFENDERAUTH_IDENTITY_DEVICE, known),
        ("c/dps/LocalConfiguration.json", DEFENDERAUTH_IDENTITY_DPS, asked),
        ("csharp/module/Authentication.config", DEFENDERAUTH_IDENTITY_MODULE, known),
        ("csharp/device", DEFENDERAUTH_IDENTITY_DEVICE, known),
        ("csharp/dps", DEFENDERAUTH_IDENTITY_DPS, asked),
    ] {
        let config = load(&example(name)).unwrap();
        assert_eq!(defenderauth_agent_config_identity(Some(&config)), identity, "{name}");
        assert_eq!(names(&config), expected, "{name}");
        defenderauth_agent_config_free(Some(config));
    }
}

#[test]
fn a_device_connection_string_has_no_module() {
    let scratch = Scratch::new();
    let key = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
    scratch.write("connection_string.txt", format!("HostName=h.net;DeviceId=d;SharedAccessKey={key}"));
    let config = load(&scratch.folder()).unwrap();
    assert_eq!(defenderauth_agent_config_identity(Some(&config)), DEFENDERAUTH_IDENTITY_MODULE);
    assert_eq!(names(&config), ["h.net", "d", "", "", ""]);
    assert_eq!(findings(&config), [""; 0]);
}

#[test]
fn lookup_only_can_be_set_on_every_configuration() {
    for name in ["c/dps", "micro"] {
        let mut config = load(&example(name)).unwrap();
        let before = names(&config);
        for lookup_only in [false, true] {
            let set = call(|error| {
                defenderauth_agent_config_set_lookup_only(Some(&mut config), lookup_only.into(), Some(error))
            });
            assert_eq!(set, Ok(()));
        }
        assert_eq!(names(&config), before);
    }
    let null = call(|error| defenderauth_agent_config_set_lookup_only(None, 0, Some(error))).unwrap_err();
    assert_eq!((null.code, null.field.as_str()), (DEFENDERAUTH_NULL, "config"));
}

#[cfg(unix)]
#[test]
fn a_key_readable_by_others_is_a_finding() {
    let scratch = Scratch::new();
    let string = std::fs::read(example("micro/connection_string.txt")).unwrap();
    scratch.write("connection_string.txt", string);
    // The line break at its end is correct.
    assert_eq!(findings(&load(&scratch.folder()).unwrap()), [""; 0]);
    scratch.share("connection_string.txt");
    let found = findings(&load(&scratch.folder()).unwrap());
    assert!(matches!(found.as_slice(), [one] if one.contains("connection_string.txt") && one.contains("chmod")));
}

#[test]
fn a_failure_to_load_names_the_file() {
    let scratch = Scratch::new();
    let absent = failure(load(&scratch.path("none.json")));
    assert_eq!((absent.code, absent.field), (DEFENDERAUTH_FILE_NOT_FOUND, scratch.path("none.json")));
    let empty = failure(load(&scratch.folder()));
    assert_eq!((empty.code, empty.field), (DEFENDERAUTH_CONFIG, scratch.folder()));
    let broken = scratch.write("LocalConfiguration.json", "{");
    let error = failure(load(&scratch.folder()));
    assert_eq!((error.code, error.field), (DEFENDERAUTH_CONFIG, broken));
    let binary = scratch.write("a.txt", [0xc3, 0x28]);
    let error = failure(load(&binary));
    assert_eq!((error.code, error.field), (DEFENDERAUTH_FILE_READ, binary));
}

#[test]
fn invalid_calls_create_nothing() {
    let with = |path, len| {
        let failed = failure(made(|out, error| defenderauth_agent_config_load(path, len, Some(out), Some(error))));
        (failed.code, failed.field)
    };
    assert_eq!(with(ptr::null(), 0), (DEFENDERAUTH_ARGUMENT, "path".into()));
    assert_eq!(with(ptr::null(), 1), (DEFENDERAUTH_NULL, "path".into()));
    let (path, len) = text("a\0b");
    assert_eq!(with(path, len), (DEFENDERAUTH_UTF8, "path".into()));
    assert_eq!(with(path, usize::MAX), (DEFENDERAUTH_ARGUMENT, "path".into()));
    let (path, len) = text("a");
    let no_out = call(|error| defenderauth_agent_config_load(path, len, None, Some(error))).unwrap_err();
    assert_eq!((no_out.code, no_out.field.as_str()), (DEFENDERAUTH_NULL, "out"));
    let passphrase = failure(load_with(&example("micro"), b"\xff"));
    assert_eq!((passphrase.code, passphrase.field.as_str()), (DEFENDERAUTH_UTF8, "passphrase"));
    let (path, mut out) = (example("micro"), place());
    let (path, len) = text(&path);
    assert_eq!(defenderauth_agent_config_load(path, len, Some(&mut out), None), DEFENDERAUTH_OK);
    // SAFETY: the call has written it.
    defenderauth_agent_config_free(unsafe { out.assume_init() });
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;
    let scratch = Scratch::new();
    let path = [scratch.folder().as_bytes(), b"/\xff.txt"].concat();
    std::fs::copy(example("micro/connection_string.txt"), std::ffi::OsStr::from_bytes(&path)).unwrap();
    let (path, len) = bytes(&path);
    let config = made(|out, error| defenderauth_agent_config_load(path, len, Some(out), Some(error))).unwrap();
    assert_eq!(read(defenderauth_agent_config_device_id(Some(&config))), "dev-01");
}

#[cfg(feature = "x509")]
#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let scratch = Scratch::new();
    scratch.write("connection_string.txt", "HostName=h.net;DeviceId=dev-01;ModuleId=m;x509=true");
    scratch.write("certificate_public.pem", include_str!("../../tests/x509/data/p256.certificate.pem"));
    let key = scratch.write("certificate_private.pem", include_str!("../../tests/x509/data/p256.encrypted.pem"));
    for outcome in [load(&scratch.folder()), load_with(&scratch.folder(), b""), load_with(&scratch.folder(), b"rose")] {
        let failed = failure(outcome);
        assert_eq!((failed.code, &failed.field), (DEFENDERAUTH_CERTIFICATE_FORMAT, &key));
        assert!(!failed.message.contains("rose"));
    }
    let config = load_with(&scratch.folder(), b"orchid").unwrap();
    assert_eq!(names(&config), ["h.net", "dev-01", "m", "", ""]);
    assert_eq!(names(&load_with(&example("micro"), b"orchid").unwrap()), names(&load(&example("micro")).unwrap()));
}

#[test]
fn getters_of_null_return_nothing() {
    assert_eq!(defenderauth_agent_config_identity(None), 0);
    assert_eq!(defenderauth_agent_config_finding_count(None), 0);
    for text in [
        defenderauth_agent_config_host_name(None),
        defenderauth_agent_config_device_id(None),
        defenderauth_agent_config_module_id(None),
        defenderauth_agent_config_id_scope(None),
        defenderauth_agent_config_registration_id(None),
        defenderauth_agent_config_finding(None, 0),
    ] {
        assert_eq!(read(text), "");
    }
    defenderauth_agent_config_free(None);
}
