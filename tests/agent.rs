//! The files of the three agents, valid and invalid, as `agent` reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![cfg(feature = "agent")]

#[cfg(feature = "x509")]
#[path = "agent/certificates.rs"]
mod certificates;
#[path = "agent/files.rs"]
mod files;
#[path = "agent/files_alone.rs"]
mod files_alone;
#[path = "agent/foreign.rs"]
mod foreign;
#[path = "agent/keys.rs"]
mod keys;
#[path = "agent/large.rs"]
mod large;
#[path = "support/scratch.rs"]
mod scratch;
#[path = "agent/syntax.rs"]
mod syntax;
#[path = "agent/windows.rs"]
mod windows;

use defender_auth::{
    Error, Outcome, Plan, SharedAccessKey,
    agent::load,
    error::{Code, ConfigError, ErrorKind, FileProblem},
    identity::{Identity, ModuleId},
};
use scratch::Scratch;

const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const STRING: &str = "HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=DefenderIotMicroAgent;\
                      SharedAccessKey=AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const MICRO: &str = "connection_string.txt";
const JSON: &str = "LocalConfiguration.json";
const XML: &str = "Authentication.config";
const C_AGENT: &str = r#"{
  "Configuration": {
    "AgentId": "3f1d9a5c-7f57-4b6c-a1a5-7c1a0e3b2d11",
    "Authentication": {
      "Identity": "SecurityModule",
      "AuthenticationMethod": "SasToken",
      "FilePath": "key.txt",
      "DeviceId": "dev-01",
      "HostName": "contoso.azure-devices.net"
    },
    "Logging": { "SystemLoggerMinimumSeverity": 0 }
  }
}"#;
const CSHARP_AGENT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Authentication>
  <add key="moduleName" value="azureiotsecurity" />
  <add key="deviceId" value="dev-01" />
  <add key="gatewayHostname" value="contoso.azure-devices.net" />
  <add key="filePath" value="key.txt" />
  <add key="type" value="SymmetricKey" />
  <add key="identity" value="Module" />
  <add key="certificateLocationKind" value="" />
</Authentication>"#;

/// A folder with one file, and the key file that it may name.
fn agent(name: &str, contents: impl AsRef<[u8]>) -> Scratch {
    let folder = Scratch::new();
    folder.write("key.txt", KEY);
    folder.write(name, contents);
    folder
}

/// A module of dev-01 that has the key.
fn module(id: &str) -> Outcome {
    let hub = "contoso.azure-devices.net".parse().unwrap();
    let identity = Identity::module(hub, "dev-01".parse().unwrap(), id.parse().unwrap());
    let plan = Plan::known(identity, SharedAccessKey::from_base64(KEY).unwrap());
    plan.outcome().unwrap().clone()
}

/// What is loaded, without findings.
#[track_caller]
fn loads(path: &str, outcome: &Outcome) {
    let loaded = load(path).unwrap();
    assert_eq!(loaded.plan.outcome(), Some(outcome));
    assert_eq!(loaded.findings, []);
}

/// The error on loading: one line that names the file, and never the key.
#[track_caller]
fn refused(path: &str, named: &str) -> Error {
    let error = load(path).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(named) && !text.contains('\n'), "{text}");
    assert!(!text.contains(&KEY[..8]) && !format!("{error:?}").contains(&KEY[..8]), "{error:?}");
    error
}

/// The error on reading a configuration.
#[track_caller]
fn misread(name: &str, contents: impl AsRef<[u8]>) -> Error {
    let folder = agent(name, contents);
    refused(&folder.folder(), &folder.path(name))
}

/// What is wrong with a file that the C agent's configuration calls its key file.
#[track_caller]
fn bad_key(contents: impl AsRef<[u8]>) -> Error {
    let folder = agent(JSON, C_AGENT);
    let key = folder.write("key.txt", contents);
    refused(&folder.path(JSON), &key)
}

#[track_caller]
fn is_config(error: &Error, expected: ConfigError) {
    assert_eq!(error.inner(), &Error::Config(expected));
    assert_eq!((error.code(), error.kind()), (Code::Config, ErrorKind::Configuration));
}

#[track_caller]
fn is_file(error: &Error, expected: &FileProblem) {
    let Error::File(file) = error.inner() else { panic!("{error:?}") };
    assert_eq!(&file.problem, expected);
    assert_eq!(error.kind(), ErrorKind::File);
}

#[test]
fn a_micro_agents_folder_and_its_file_are_the_same() {
    let folder = agent(MICRO, STRING);
    let micro = module(ModuleId::defender_iot_micro_agent().as_str());
    loads(&folder.folder(), &micro);
    loads(&folder.path(MICRO), &micro);
}

#[test]
fn the_c_agent_names_its_key_file_relative_or_absolute() {
    let folder = agent(JSON, C_AGENT);
    let security = module(ModuleId::azureiotsecurity().as_str());
    loads(&folder.path(JSON), &security);
    loads(&folder.folder(), &security);
    // As JSON has it: paths of Windows have backslashes.
    let absolute = folder.path("key.txt").replace('\\', "\\\\");
    let elsewhere = agent(JSON, C_AGENT.replace("key.txt", &absolute));
    elsewhere.write("key.txt", "");
    loads(&elsewhere.path(JSON), &security);
}

#[test]
fn the_csharp_agents_settings_have_any_case_and_any_module() {
    let folder = agent(XML, CSHARP_AGENT);
    loads(&folder.path(XML), &module("azureiotsecurity"));
    loads(&folder.folder(), &module("azureiotsecurity"));
    let other = CSHARP_AGENT
        .replace("gatewayHostname", "GatewayHostName")
        .replace("deviceId", "DEVICEID")
        .replace("\"azureiotsecurity\"", "\"other\"")
        .replace("key.txt", &folder.path("key.txt"));
    loads(&agent(XML, other).folder(), &module("other"));
}

#[test]
fn a_folder_must_have_one_known_file() {
    let folder = Scratch::new();
    let refused = || refused(&folder.folder(), &folder.folder());
    is_config(&refused(), ConfigError::NothingKnown);
    folder.write(XML, CSHARP_AGENT);
    folder.write(JSON, C_AGENT);
    let (first, second) = (JSON, XML);
    is_config(&refused(), ConfigError::Ambiguous { first, second });
}

#[test]
fn a_security_module_with_a_certificate_is_refused_as_documented() {
    for error in [
        misread(JSON, C_AGENT.replace("SasToken", "SelfSignedCertificate")),
        misread(XML, CSHARP_AGENT.replace("SymmetricKey", "SelfSignedCertificate")),
    ] {
        assert!(error.to_string().contains("only supports symmetric key authentication"), "{error}");
        is_config(&error, ConfigError::ModuleWithCertificate);
    }
}

#[test]
fn a_key_in_the_place_of_a_certificate_is_named() {
    let json = C_AGENT.replace("\"SecurityModule\"", "\"Device\"");
    let xml = CSHARP_AGENT.replace("\"Module\"", "\"Device\"");
    for folder in [
        agent(JSON, json.replace("SasToken", "SelfSignedCertificate")),
        agent(XML, xml.replace("SymmetricKey", "SelfSignedCertificate")),
    ] {
        let error = load(folder.folder()).unwrap_err();
        assert!(matches!(error.inner(), Error::Certificate(_)), "{error:?}");
        assert!(error.to_string().contains("key.txt: "), "{error}");
    }
}

#[test]
fn a_device_becomes_its_module() {
    let xml = CSHARP_AGENT.replace("\"Module\"", "\"Device\"").replace("azureiotsecurity", "other");
    for (name, text, module) in
        [(JSON, C_AGENT.replace("\"SecurityModule\"", "\"Device\""), "azureiotsecurity"), (XML, xml, "other")]
    {
        let folder = agent(name, text);
        let plan = load(folder.folder()).unwrap().plan;
        let device = plan.known_device().unwrap();
        assert_eq!(device.identity().to_string(), "contoso.azure-devices.net/devices/dev-01");
        assert_eq!(plan.target().map(|target| target.module().as_str()), Some(module));
        assert!(plan.outcome().is_none(), "the hub has to be asked");
    }
}

#[test]
fn a_device_that_knows_its_scope_is_looked_up() {
    let json = C_AGENT
        .replace("\"SecurityModule\"", "\"DPS\"")
        .replace("\"DeviceId\": \"dev-01\"", "\"DPS\": { \"IDScope\": \"0ne1\", \"RegistrationId\": \"dev-01\" }");
    let xml = CSHARP_AGENT
        .replace("\"Module\"", "\"DPS\"")
        .replace("deviceId", "registrationId")
        .replace("</Auth", "<add key=\"idScope\" value=\"0ne1\" /></Auth");
    for (name, text) in [(JSON, json), (XML, xml)] {
        let folder = agent(name, text);
        let plan = load(folder.folder()).unwrap().plan;
        let profile = plan.profile().unwrap();
        assert_eq!((profile.id_scope().as_str(), profile.registration_id().as_str()), ("0ne1", "dev-01"));
        assert!(profile.is_lookup_only() && plan.target().is_some());
        assert!(
            !plan.clone().lookup_only(false).unwrap().profile().unwrap().is_lookup_only(),
            "unless it is told to register"
        );
    }
}

#[test]
fn provisioning_names_what_is_missing() {
    let json = C_AGENT.replace("\"SecurityModule\"", "\"DPS\"");
    is_config(&misread(JSON, &json), ConfigError::Missing { setting: "Authentication.DPS.IDScope" });
    let json = json.replace("\"DeviceId\": \"dev-01\"", "\"DPS\": { \"IDScope\": \"0ne1\" }");
    is_config(&misread(JSON, &json), ConfigError::Missing { setting: "Authentication.DPS.RegistrationId" });
    let xml = CSHARP_AGENT.replace("\"Module\"", "\"DPS\"");
    is_config(&misread(XML, xml), ConfigError::Missing { setting: "idScope" });
}

#[test]
fn an_unknown_value_is_reported_with_the_known_ones() {
    for (name, contents, setting, known) in [
        (JSON, C_AGENT.replace("SecurityModule", "securitymodule"), "Authentication.Identity", "`SecurityModule`"),
        (JSON, C_AGENT.replace("SasToken", "SymmetricKey"), "Authentication.AuthenticationMethod", "`SasToken`"),
        (XML, CSHARP_AGENT.replace("\"Module\"", "\"SecurityModule\""), "identity", "`Module`"),
        (XML, CSHARP_AGENT.replace("SymmetricKey", "symmetrickey"), "type", "`SymmetricKey`"),
    ] {
        let error = misread(name, contents);
        let Error::Config(ConfigError::Value { setting: named, allowed }) = error.inner() else { panic!("{error:?}") };
        assert!(*named == setting && allowed.contains(known), "{error}");
    }
}

#[test]
fn a_missing_or_empty_setting_is_named() {
    for (member, setting) in [
        ("Configuration", "Configuration"),
        ("Authentication", "Authentication"),
        ("Identity", "Authentication.Identity"),
        ("AuthenticationMethod", "Authentication.AuthenticationMethod"),
        ("FilePath", "Authentication.FilePath"),
        ("DeviceId", "Authentication.DeviceId"),
        ("HostName", "Authentication.HostName"),
    ] {
        let without = C_AGENT.replace(&format!("\"{member}\""), &format!("\"No{member}\""));
        is_config(&misread(JSON, without), ConfigError::Missing { setting });
    }
    is_config(
        &misread(XML, CSHARP_AGENT.replace("Authentication>", "Other>")),
        ConfigError::Missing { setting: "Authentication" },
    );
    for setting in ["identity", "type", "filePath", "deviceId", "gatewayHostname", "moduleName"] {
        let (name, missing) = (format!("\"{setting}\""), ConfigError::Missing { setting });
        is_config(&misread(XML, CSHARP_AGENT.replace(&name, "\"other\"")), missing.clone());
        let empty = CSHARP_AGENT.replace(&format!("{name} value"), &format!("{name} value=\"\" was"));
        is_config(&misread(XML, empty), missing);
    }
}

#[test]
fn an_invalid_name_is_refused_with_its_setting() {
    for (name, contents, setting) in [
        (JSON, C_AGENT.replace("dev-01", "dev 01"), "`Authentication.DeviceId`"),
        (JSON, C_AGENT.replace("contoso", "https://contoso"), "`Authentication.HostName`"),
        (XML, CSHARP_AGENT.replace("dev-01", "dev/01"), "`deviceId`"),
        (XML, CSHARP_AGENT.replace("value=\"azure", "value=\"&lt;azure"), "`moduleName`"),
    ] {
        let error = misread(name, contents);
        assert!(error.to_string().contains(setting), "{error}");
        assert_eq!(error.code(), Code::Identifier);
    }
}
