//! The settings of MQTT clients of others.
//!
//! Sources: the manual pages `mosquitto_pub(1)` and `mosquitto.conf(5)`; the documentation of `paho.mqtt.publish`;
//! `eclipse/mosquitto:client/client_shared.c` for the file on Windows.

use super::triple::Triple;
use crate::terminal::{failure::Failure, shell};
use clap::ValueEnum;
use defender_auth::secret::SecretText;
use std::fmt::Write as _;

/// A client.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// A file of options for `mosquitto_pub` and `mosquitto_sub`, whose command line every user can see
    MosquittoPub,
    /// A program in Python with Eclipse Paho
    Paho,
    /// The section of a bridge in `mosquitto.conf`
    MosquittoBridge,
}

/// The folder of the system's trust anchors on most distributions.
const ROOTS: &str = "/etc/ssl/certs";

impl Client {
    /// The settings. They contain the password.
    pub(super) fn settings(self, triple: &Triple) -> Result<SecretText, Failure> {
        if cfg!(windows) && self != Self::Paho && triple.roots().is_none() {
            let what = "Mosquitto does not read the root certificates of Windows; name a file with that of the hub: --ca-file PEM";
            return Err(Failure::Call(what.into()));
        }
        Ok(SecretText::new(match self {
            Self::MosquittoPub => mosquitto_pub(triple),
            Self::Paho => paho(triple),
            Self::MosquittoBridge => bridge(triple),
        }))
    }
}

/// One option a line; the value is the rest of the line.
fn mosquitto_pub(triple: &Triple) -> String {
    let topic = shell::quoted(&triple.topic);
    let mut text = if cfg!(windows) {
        format!("# Save this as %USERPROFILE%\\mosquitto_pub.conf, then:\n# mosquitto_pub -t {topic} -m hello\n")
    } else {
        format!(
            "# Save this as `mosquitto_pub` in a folder DIR that only you can read, then:\n\
             # XDG_CONFIG_HOME=DIR mosquitto_pub -t {topic} -m hello\n"
        )
    };
    let mut option = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} {value}");
    };
    option("-h", triple.host().as_str());
    option("-p", &Triple::port().to_string());
    option("-V", "mqttv311");
    option("-q", "1");
    option("-i", &triple.login.client_id);
    option("-u", &triple.login.user_name);
    if let Some(password) = triple.password() {
        option("-P", password);
    }
    match triple.roots() {
        Some(file) => option("--cafile", &file),
        None => option("--capath", ROOTS),
    }
    if let Some([chain, key]) = triple.files() {
        option("--cert", &chain);
        option("--key", &key);
    }
    text
}

/// A JSON string is also one of Python.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn paho(triple: &Triple) -> String {
    let or_none = |text: Option<String>| text.map_or_else(|| "None".into(), |text| literal(&text));
    let password = or_none(triple.password().map(Into::into));
    let [chain, key] = triple.files().map_or([None, None], |files| files.map(Some)).map(or_none);
    format!(
        "# pip install paho-mqtt\n\
         from paho.mqtt import client, publish\n\n\
         publish.single(\n    \
         {topic},\n    \
         payload=\"hello\",\n    \
         qos=1,\n    \
         hostname={host},\n    \
         port={port},\n    \
         client_id={id},\n    \
         auth={{\"username\": {user}, \"password\": {password}}},\n    \
         tls={{\"ca_certs\": {roots}, \"certfile\": {chain}, \"keyfile\": {key}}},\n    \
         protocol=client.MQTTv311,\n\
         )\n",
        topic = literal(&triple.topic),
        host = literal(triple.host().as_str()),
        port = Triple::port(),
        id = literal(&triple.login.client_id),
        user = literal(&triple.login.user_name),
        roots = or_none(triple.roots()),
    )
}

fn bridge(triple: &Triple) -> String {
    let mut text = String::new();
    let mut setting = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} {value}");
    };
    setting("connection", "azure-iot-hub");
    setting("address", &format!("{}:{}", triple.host(), Triple::port()));
    setting("bridge_protocol_version", "mqttv311");
    setting("remote_clientid", &triple.login.client_id);
    setting("remote_username", &triple.login.user_name);
    if let Some(password) = triple.password() {
        setting("remote_password", password);
    }
    match triple.roots() {
        Some(file) => setting("bridge_cafile", &file),
        None => setting("bridge_capath", ROOTS),
    }
    if let Some([chain, key]) = triple.files() {
        setting("bridge_certfile", &chain);
        setting("bridge_keyfile", &key);
    }
    // A hub knows neither bridges nor messages that are retained.
    setting("try_private", "false");
    setting("notifications", "false");
    setting("bridge_outgoing_retain", "false");
    setting("cleansession", "true");
    setting("topic", &format!("{}# out 1", triple.topic));
    text
}
