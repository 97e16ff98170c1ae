//! What clients of other implementations require to connect to the emulator.
#![allow(dead_code, reason = "no test file needs all of it")]

use defender_auth_emulator::{Emulator, World};
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// The emulator's root certificate in a file of its own, removed at the end.
pub(crate) struct Root(pub(crate) PathBuf);

impl Root {
    pub(crate) fn of(emulator: &Emulator) -> Self {
        let name = format!("root-{}.pem", emulator.address()).replace(':', "-");
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, emulator.root_pem()).unwrap();
        Self(path)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The SDK connects to port 8883 only. So the emulator has a loopback address of its own, as a gateway.
pub(crate) fn start_for_sdk(world: impl Fn(&str) -> World) -> Emulator {
    let seed = std::process::id();
    for attempt in 0..50u32 {
        let [a, b, ..] = (seed.wrapping_mul(2_654_435_761).wrapping_add(attempt * 40_503)).to_be_bytes();
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 66, a, b.max(1))), 8883);
        if let Ok(emulator) = Emulator::play(world(&address.ip().to_string()), address) {
            return emulator;
        }
    }
    unreachable!("fifty addresses of 127.66.0.0/16 cannot all be in use")
}

pub(crate) fn python(script_and_arguments: &[&str]) -> Output {
    let python = std::env::var("DEFENDER_AUTH_PYTHON").unwrap_or_else(|_| "python3".into());
    Command::new(python).arg("-c").args(script_and_arguments).stdin(Stdio::null()).output().unwrap()
}

/// Provisions with Azure's SDK for Python and a certificate, and connects to the assigned hub as that device.
const PROVISION: &str = r#"
import sys
from azure.iot.device import IoTHubDeviceClient, ProvisioningDeviceClient, X509
host, id, chain, key, root = sys.argv[1:]
root, x509 = open(root).read(), X509(cert_file=chain, key_file=key)
client = ProvisioningDeviceClient.create_from_x509_certificate(
    provisioning_host=host, registration_id=id, id_scope="0ne00000A0A", x509=x509, server_verification_cert=root)
state = client.register().registration_state
client = IoTHubDeviceClient.create_from_x509_certificate(
    x509=x509, hostname=state.assigned_hub, device_id=state.device_id, server_verification_cert=root)
try:
    client.connect()
    client.send_message("{}")
    print(state.device_id)
finally:
    client.shutdown()
"#;

/// The host names of the emulator's services are its address.
pub(crate) fn provision(emulator: &Emulator, id: &str, chain: &str, key: &str) -> Output {
    let (address, root) = (emulator.address().ip().to_string(), Root::of(emulator));
    python(&[PROVISION, &address, id, chain, key, root.0.to_str().unwrap()])
}
