//! Arguments about the network.

use super::endpoint::Endpoint;
use crate::input::time;
use clap::{Args, ValueEnum};
use defender_auth_mqtt as mqtt;
use std::{path::PathBuf, time::Duration};

/// Trust anchors for server verification; without any of these, the system's root certificates.
#[derive(Args)]
pub(crate) struct Trust {
    /// Use the root certificates in this PEM file as trust anchors, and no others
    #[arg(long, visible_alias = "cacert", value_name = "PEM")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Use the built-in roots of Azure IoT as trust anchors, and no others: for a system without root certificates
    #[arg(long, conflicts_with = "ca_file")]
    pub(crate) azure_roots: bool,
}

/// Trust anchors and addresses.
#[derive(Args)]
pub(crate) struct NetworkOptions {
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Connect to ADDR:PORT instead of HOST (an emulator, a tunnel); the server's certificate must still name HOST.
    /// HOST:443 applies to HTTPS only, HOST:8883 to MQTT only. May be repeated; the last for a host counts
    #[arg(long = "endpoint", value_name = "HOST=ADDR:PORT")]
    pub(crate) endpoints: Vec<Endpoint>,
    #[command(flatten)]
    pub(crate) way: Way,
}

/// How services are reached.
#[derive(Args)]
pub(crate) struct Way {
    /// What carries MQTT
    #[arg(long, value_enum, default_value = "mqtt")]
    pub(crate) transport: Transport,
    /// The file with the login of the proxy, USER:PASSWORD, in place of one in the variable that names the proxy
    #[arg(long, value_name = "FILE")]
    pub(crate) proxy_login_file: Option<PathBuf>,
    /// The time limit of a registration or lookup with all its waits, and of each step of a login; `doctor` waits no longer in
    /// any step [default: 10m, and 15s for a step]
    #[arg(long, value_name = "DURATION", value_parser = time::limit)]
    pub(crate) timeout: Option<Duration>,
    /// How many times more to try what may succeed later: no answer, a busy service
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(crate) retries: u32,
}

/// What carries MQTT.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// TLS, port 8883
    Mqtt,
    /// WebSocket over TLS, port 443
    MqttWs,
    /// Port 8883, and a WebSocket if there is no connection
    Auto,
}

impl From<Transport> for mqtt::Transport {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Mqtt => Self::Mqtt,
            Transport::MqttWs => Self::WebSocket,
            Transport::Auto => Self::Auto,
        }
    }
}

/// The protocol that carries the requests of a registration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Carrier {
    /// HTTPS, port 443
    Https,
    /// MQTT, as --transport has it
    Mqtt,
}
