use std::fmt;

/// What carries MQTT to a server. Both are over TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// TCP, port 8883.
    #[default]
    Mqtt,
    /// WebSocket, port 443, path `/$iothub/websocket`: where a firewall closes other ports.
    WebSocket,
    /// TCP, and WebSocket if there is no connection by it. Each has half of the time limits.
    Auto,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mqtt => "MQTT, port 8883",
            Self::WebSocket => "MQTT over WebSocket, port 443",
            Self::Auto => "MQTT, port 8883, or over WebSocket, port 443",
        })
    }
}
