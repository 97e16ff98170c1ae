//! `Authentication.config` of the C# security agent.
//!
//! Source: `Azure/Azure-IoT-Security-Agent-CS:src/Agent/IoT/Authentication.config`. Its reader ignores the case of
//! keys, but not of values.

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
use roxmltree::{Document, Node, ParsingOptions};
use std::path::Path;

const WORDS: Words = Words {
    identity: "identity",
    identities: (
        "`Module`, `Device` and `DPS`",
        [("Module", Mode::Module), ("Device", Mode::Device), ("DPS", Mode::Provisioning)],
    ),
    method: "type",
    methods: (
        "`SymmetricKey` and `SelfSignedCertificate`",
        [("SymmetricKey", Method::Key), ("SelfSignedCertificate", Method::Certificate)],
    ),
    file: "filePath",
    // The installer's name for the hub.
    host: "gatewayHostname",
    device: "deviceId",
    module: Some("moduleName"),
    location: Some("certificateLocationKind"),
    scope: "idScope",
    registration: "registrationId",
};

const SETTINGS: [&str; 9] = [
    "identity",
    "type",
    "filePath",
    "gatewayHostname",
    "deviceId",
    "moduleName",
    "certificateLocationKind",
    "idScope",
    "registrationId",
];

/// A real file has some twenty elements and attributes.
const NODES_LIMIT: u32 = 1000;

pub(super) fn load(file: &TextFile, folder: &Path, access: Access<'_>) -> Result<Loaded, Error> {
    let place = file.place();
    let options = ParsingOptions { nodes_limit: NODES_LIMIT, ..ParsingOptions::default() };
    let document = Document::parse_with_options(file.content()?, options)
        .map_err(|error| Error::from(broken(&error)).at(place))?;
    let wrong = |error: ConfigError| Error::from(error).at(place);
    let settings = document
        .descendants()
        .find(|node| node.has_tag_name("Authentication"))
        .ok_or_else(|| wrong(ConfigError::Missing { setting: "Authentication" }))?;
    let all = |setting: &'static str| {
        let named =
            move |node: &Node<'_, '_>| node.attribute("key").is_some_and(|key| key.eq_ignore_ascii_case(setting));
        settings.children().filter(|node| node.has_tag_name("add")).filter(named)
    };
    if let Some(setting) = SETTINGS.into_iter().find(|setting| all(setting).nth(1).is_some()) {
        return Err(wrong(ConfigError::Duplicate { setting }));
    }
    let get = |setting: &'static str| all(setting).next().and_then(|node| node.attribute("value"));
    let loaded = Settings { words: &WORDS, place, folder, access, get: &get }.into_loaded()?;
    Ok(Loaded { defaults: Some(SecurityConfiguration::default_for(Agent::CSharp)), ..loaded })
}

fn broken(error: &roxmltree::Error) -> ConfigError {
    match error {
        roxmltree::Error::DtdDetected => ConfigError::Foreign { what: "a document type (`<!DOCTYPE`)" },
        roxmltree::Error::NodesLimitReached => ConfigError::Foreign { what: "an excessive number of elements" },
        _ => {
            let (line, column) = (error.pos().row as usize, error.pos().col as usize);
            ConfigError::Syntax { format: "the XML that the agent reads", line, column }
        }
    }
}
