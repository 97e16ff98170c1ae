//! The daemons of a host that hold keys and sign for programs: the identity service's `identityd`, `keyd` and `certd`, and
//! the workload API of IoT Edge with a socket for each module. They speak HTTP over Unix sockets, and judge a peer by the
//! uid that the system tells of it.
//!
//! Sources: `Azure/iot-identity-service:identity/aziot-identityd/src/http`, `key/aziot-keyd/src/http`;
//! `Azure/iotedge:edgelet/edgelet-http-workload/src/module`, `edgelet/edgelet-http/src/auth.rs`.

mod answer;
mod certificates;
mod edge;
mod handle;
mod host;
mod identity;
mod key_pair;
mod keys;
mod running;
mod sealed;
mod serve;
mod socket;
mod state;
mod workload;

pub use host::Host;
pub use running::{HostError, RunningHost};
