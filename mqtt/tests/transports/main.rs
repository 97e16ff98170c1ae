//! MQTT over TCP and WebSocket, directly and through a proxy, to hubs and the provisioning service of the emulator.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod automatic;
#[cfg(target_os = "linux")]
mod flights;
mod presence;
mod proxies;
#[path = "../../../tests/support/scratch.rs"]
mod scratch;
mod site;
mod tinyproxy;
mod websockets;
