//! What is configured and cannot be used: the store of Windows, hosts for back ends, files of other programs.

use super::{C_AGENT, CSHARP_AGENT, JSON, KEY, MICRO, STRING, Scratch, XML, agent, is_config, misread, refused};
use defender_auth::{
    Error,
    agent::{Observation, load},
    connection_string::{ConnectionStringError, Finding, ForeignText},
    error::{Code, ConfigError},
};

/// The C# agent's configuration of a device with a certificate there.
fn device_with_certificate(location: &str) -> String {
    CSHARP_AGENT
        .replace("\"Module\"", "\"Device\"")
        .replace("SymmetricKey", "SelfSignedCertificate")
        .replace("\"certificateLocationKind\" value=\"\"", &format!("\"certificateLocationKind\" value=\"{location}\""))
}

#[test]
fn the_certificate_store_of_windows_is_not_supported_and_has_an_alternative() {
    let setting = "certificateLocationKind";
    let dps = device_with_certificate("Store")
        .replace("\"Device\"", "\"DPS\"")
        .replace("deviceId", "registrationId")
        .replace("</Auth", "<add key=\"idScope\" value=\"0ne1\" /></Auth");
    for xml in [device_with_certificate("Store"), dps] {
        let error = misread(XML, xml);
        is_config(&error, ConfigError::CertificateStore { setting });
        let text = error.to_string();
        for part in ["not supported", "export the certificate", "`filePath`", "`LocalFile`"] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn another_location_of_a_certificate_is_an_unknown_value() {
    let allowed = "`LocalFile` and `Store`";
    for location in ["store", "LocalMachine"] {
        let error = misread(XML, device_with_certificate(location));
        is_config(&error, ConfigError::Value { setting: "certificateLocationKind", allowed });
    }
}

/// The agent reads the setting for a certificate only.
#[test]
fn the_location_of_a_certificate_means_nothing_to_a_key() {
    let xml =
        CSHARP_AGENT.replace("\"certificateLocationKind\" value=\"\"", "\"certificateLocationKind\" value=\"Store\"");
    assert!(load(agent(XML, xml).folder()).is_ok());
    // And a module has no certificate, wherever it is.
    let xml = device_with_certificate("Store").replace("\"Device\"", "\"Module\"");
    is_config(&misread(XML, xml), ConfigError::ModuleWithCertificate);
}

#[test]
fn a_certificate_in_a_file_needs_no_location() {
    for location in ["", "LocalFile"] {
        let folder = agent(XML, device_with_certificate(location));
        let error = load(folder.folder()).unwrap_err();
        assert!(error.to_string().contains("key.txt: "), "the file is read: {error}");
    }
}

#[test]
fn a_host_that_is_none_for_devices_is_found_for_every_agent() {
    let c_device = C_AGENT.replace("\"SecurityModule\"", "\"Device\"");
    for (name, contents, setting) in [
        (MICRO, STRING, ""),
        (JSON, C_AGENT, ": `Authentication.HostName`"),
        (JSON, &c_device, ": `Authentication.HostName`"),
        (XML, CSHARP_AGENT, ": `gatewayHostname`"),
    ] {
        for (host, finding) in [
            ("global.azure-devices-provisioning.us", Some(Finding::ProvisioningHost)),
            ("contoso.device.azure-devices.us", None),
        ] {
            let folder = agent(name, contents.replace("contoso.azure-devices.net", host));
            let findings = load(folder.folder()).unwrap().findings;
            assert_eq!(
                findings.first().map(|found| found.observation.clone()),
                finding.map(Observation::Text),
                "{host}"
            );
            if let [found] = findings.as_slice() {
                assert!(found.is_warning() && found.place == folder.path(name) + setting, "{found}");
            }
        }
        for cloud in ["net", "us", "cn"] {
            let host = format!("contoso.service.azure-devices.{cloud}");
            let folder = agent(name, contents.replace("contoso.azure-devices.net", &host));
            let error = load(folder.folder()).unwrap_err().to_string();
            assert!(error.starts_with(&(folder.path(name) + setting)) && error.contains("for back ends"), "{error}");
        }
    }
}

#[test]
fn the_configuration_of_another_program_is_named() {
    let toml =
        format!("hostname = \"dev-01\"\n\n[provisioning]\nsource = \"manual\"\nconnection_string = \"{STRING}\"\n");
    let yaml = format!("provisioning:\n  source: \"manual\"\n  device_connection_string: \"{STRING}\"\n");
    let long = format!("{toml}{}", "# and a comment\n".repeat(1000));
    for (name, contents, kind) in [
        ("config.toml", &toml, ForeignText::Toml),
        ("config.toml", &long, ForeignText::Toml),
        ("config.yaml", &yaml, ForeignText::Yaml),
        (MICRO, &format!("{{ \"connectionString\": \"{STRING}\" }}\n"), ForeignText::Json),
        (MICRO, &format!("Endpoint=sb://x/;SharedAccessKeyName=p;SharedAccessKey={KEY}"), ForeignText::ServiceBus),
    ] {
        let folder = Scratch::new();
        let path = folder.write(name, contents);
        let error = refused(&path, &path);
        assert_eq!(error.inner(), &Error::ConnectionString(ConnectionStringError::Foreign(kind)));
        assert_eq!(error.code(), Code::ConnectionString);
    }
}

#[test]
fn a_label_before_the_string_is_named() {
    for contents in [format!("Primary connection string: {STRING}"), format!("CONNECTION_STRING=\"{STRING}\"\n")] {
        let error = misread(MICRO, contents);
        assert_eq!(error.inner(), &Error::ConnectionString(ConnectionStringError::Labelled));
    }
}
