//! What a connection with a key elsewhere needs of the system: no file to write, and nothing from the environment.

use crate::{
    Scratch,
    scripted_key::{Act, Scripted},
};
use defender_auth::{
    Device, Plan,
    credential::{ClientCertificate, Issuer},
    device_mode::Target,
    https::Client,
    identity::HostName,
    mqtt::Connect,
    tls::Roots,
    x509::Certificate,
};
use defender_auth_emulator::{self as emulator, Emulator, Hub, Module, World};
use defender_auth_mqtt::{Dial, Session};
use rcgen::{CertificateParams, DnType, KeyPair};
use std::{env, fs, process::Command, time::Duration};

const HUB: &str = "contoso.azure-devices.net";

#[test]
fn a_device_logs_in_over_mqtt_and_looks_up_its_module_over_https() {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "dev-01");
    let key = KeyPair::generate().unwrap();
    let der = params.self_signed(&key).unwrap().der().to_vec();
    let thumbprint = Certificate::from_der(&der).unwrap().sha256().to_string();
    let held = ClientCertificate::from_der(vec![der], &key.serialize_der(), Issuer::SelfSigned);
    let (certificate, key) = Scripted::of(&held).acting([Act::After(Duration::from_millis(20))]).certify(&held);

    let module = Module::new("azureiotsecurity", "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=");
    let device = emulator::Device::with_thumbprint("dev-01", &thumbprint).module(module);
    let cloud = Emulator::play(World::new().hub(Hub::new(HUB).device(device)), "127.0.0.1:0".parse().unwrap()).unwrap();
    let (hub, root): (HostName, _) = (HUB.parse().unwrap(), cloud.root_pem());
    let plan = Plan::device(Device::new(hub.clone(), "dev-01".parse().unwrap(), certificate.clone()));

    let login = Connect::hub(plan.outcome().unwrap().identity(), None);
    Session::open(&login, &certificate, &Dial::at(cloud.address()), Roots::Pem(root.as_bytes())).unwrap().close();
    let client = Client::with(Roots::Pem(root.as_bytes()), vec![(hub, cloud.https_address())]).unwrap();
    let me = client.authenticate(&plan.in_device_mode(Target::default()).unwrap()).unwrap();
    assert!(me.identity().module_id().is_some());
    assert_eq!(key.asked(), 2);
}

/// What the calls that change files are named, and the flags of those that open them.
const CHANGES: [&str; 12] = [
    "O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "creat(", "mkdir", "mknod", "rename", "unlink", "link", "truncate",
    "chmod",
];

#[test]
#[ignore = "needs strace"]
fn a_login_writes_no_file_and_needs_no_variable_of_the_environment() {
    let folder = Scratch::new();
    let log = folder.path("log");
    let mut traced = Command::new("strace");
    traced.args(["--quiet=all", "-f", "-o", &log, "-e", "trace=%file,ftruncate"]).arg(env::current_exe().unwrap());
    traced.args(["--exact", "traces::a_device_logs_in_over_mqtt_and_looks_up_its_module_over_https"]);
    // Of the tracer only: where it finds itself.
    let output = traced.env_clear().env("PATH", env::var("PATH").unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said} {output:?}");
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("execve(") && log.contains("openat("), "{log}");
    for line in log.lines() {
        // `readlink` changes nothing.
        let line = line.replace("readlink", "");
        assert!(!CHANGES.iter().any(|change| line.contains(change)), "{line}");
    }
}
