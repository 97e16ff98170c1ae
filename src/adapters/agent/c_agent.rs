//! `LocalConfiguration.json` of the C security agent.
//!
//! Source: `Azure/Azure-IoT-Security-Agent-C:src/agent/src/local_config.c`, which compares values with regard to case.

use super::{
    Loaded, TextFile,
    access::Access,
    proof::Method,
    settings::{Mode, Settings, Words},
};
use crate::{
    error::{ConfigError, Error},
    twin::{Agent, SecurityConfiguration},
};
use alloc::string::String;
use core::{fmt, marker::PhantomData};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::path::Path;

const WORDS: Words = Words {
    identity: "Authentication.Identity",
    identities: (
        "`SecurityModule`, `Device` and `DPS`",
        [("SecurityModule", Mode::Module), ("Device", Mode::Device), ("DPS", Mode::Provisioning)],
    ),
    method: "Authentication.AuthenticationMethod",
    methods: (
        "`SasToken` and `SelfSignedCertificate`",
        [("SasToken", Method::Key), ("SelfSignedCertificate", Method::Certificate)],
    ),
    file: "Authentication.FilePath",
    host: "Authentication.HostName",
    device: "Authentication.DeviceId",
    module: None,
    location: None,
    scope: "Authentication.DPS.IDScope",
    registration: "Authentication.DPS.RegistrationId",
};

/// Only what authentication needs; the agent has more settings.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    configuration: Option<Object<Configuration>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    authentication: Option<Object<Authentication>>,
    #[serde(rename = "RemoteConfigurationObjectName")]
    object: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Authentication {
    identity: Option<String>,
    #[serde(rename = "AuthenticationMethod")]
    method: Option<String>,
    file_path: Option<String>,
    device_id: Option<String>,
    host_name: Option<String>,
    #[serde(rename = "DPS")]
    provisioning: Option<Object<Provisioning>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Provisioning {
    #[serde(rename = "IDScope")]
    scope: Option<String>,
    registration_id: Option<String>,
}

/// A value that is read from an object only. What serde derives would accept an array as well, its elements in the order
/// of the fields declared here.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Object)
    }
}

pub(super) fn load(file: &TextFile, folder: &Path, access: Access<'_>) -> Result<Loaded, Error> {
    let place = file.place();
    let Object(document): Object<Document> = serde_json::from_str(file.content()?).map_err(|error| {
        let format = "the JSON that the agent reads (each member once, texts in quotation marks)";
        Error::from(ConfigError::Syntax { format, line: error.line(), column: error.column() }).at(place)
    })?;
    let missing = |setting| Error::from(ConfigError::Missing { setting }).at(place);
    let Object(configuration) = document.configuration.ok_or_else(|| missing("Configuration"))?;
    let Object(settings) = configuration.authentication.ok_or_else(|| missing("Authentication"))?;
    let Object(provisioning) = settings.provisioning.unwrap_or(Object(Provisioning::default()));
    let get = |setting: &'static str| match setting {
        "Authentication.Identity" => settings.identity.as_deref(),
        "Authentication.AuthenticationMethod" => settings.method.as_deref(),
        "Authentication.FilePath" => settings.file_path.as_deref(),
        "Authentication.DeviceId" => settings.device_id.as_deref(),
        "Authentication.HostName" => settings.host_name.as_deref(),
        "Authentication.DPS.IDScope" => provisioning.scope.as_deref(),
        "Authentication.DPS.RegistrationId" => provisioning.registration_id.as_deref(),
        _ => None,
    };
    let defaults = SecurityConfiguration::default_for(Agent::C);
    let defaults = configuration.object.into_iter().fold(defaults, SecurityConfiguration::in_object);
    let loaded = Settings { words: &WORDS, place, folder, access, get: &get }.into_loaded()?;
    Ok(Loaded { defaults: Some(defaults), ..loaded })
}
