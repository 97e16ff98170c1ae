//! The example programs in C, each against the emulator.

#![cfg(all(feature = "full", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/compiled.rs"]
mod compiled;
#[path = "support/issuer.rs"]
mod issuer;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/site.rs"]
#[allow(dead_code, reason = "the tests in C use the rest")]
mod site;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use compiled::{Bench, run};
use defender_auth::{
    error::TpmKeyKind,
    identity::Identity,
    sas::SasToken,
    tpm::{Parent, Tpm as _},
};
use site::{DEVICE_KEY, HOST, MODULE_KEY, SCOPE, Site, certificate};
use std::{path::Path, process::Command, time::SystemTime};
use swtpm::Swtpm;

const MODULE_STRING: &str = "HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=azureiotsecurity;\
                             SharedAccessKey=QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

/// The hub accepts the printed token, which is valid for an hour.
#[track_caller]
fn assert_accepts(site: &Site, printed: &str, identity: &Identity) {
    let token = SasToken::parse(printed.trim_end()).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 3000..=now + 3600).contains(&token.expires_at().as_secs()));
    assert!(site.accepts(identity, printed.trim_end()), "{:?}", site.journal());
}

fn module() -> Identity {
    Identity::module(HOST.parse().unwrap(), "dev-01".parse().unwrap(), "azureiotsecurity".parse().unwrap())
}

#[test]
#[ignore = "needs a C compiler"]
fn a_module_key_creates_a_token() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = bench.build("module_key", &["examples/module_key.c"], &[]);
    let file = bench.scratch.write("string", format!("{MODULE_STRING}\n"));
    assert_accepts(&site, &bench.run(&program, &[&file]).done(), &module());

    bench.run(&program, &["/nowhere"]).failed(2, &["usage"]);
    let file = bench.scratch.write("string", MODULE_STRING.replace("DeviceId", "Device"));
    bench.run(&program, &[&file]).failed(1, &["DeviceId"]);
}

#[test]
#[ignore = "needs a C compiler and libcurl"]
fn device_mode_works_with_the_programs_own_http_client() {
    let flags = run(Command::new("pkg-config").args(["--cflags", "--libs", "libcurl"])).done();
    device_mode("device_mode", &flags.split_whitespace().collect::<Vec<_>>());
}

#[test]
#[ignore = "needs a C compiler"]
fn device_mode_works_with_the_built_in_driver() {
    device_mode("device_mode_builtin", &[]);
}

#[test]
#[ignore = "needs a C compiler"]
fn an_untrusted_server_receives_no_request() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = bench.build("device_mode_builtin", &["examples/device_mode_builtin.c"], &[]);
    let key = bench.scratch.write("key", DEVICE_KEY);
    let (other, _) = certificate("other");
    let other = bench.scratch.write("other.pem", other);
    bench.run(&program, &[HOST, "dev-01", &key, &other, &site.address()]).failed(1, &["certificate"]);
    assert!(!site.journal().iter().any(|line| line.contains("GET")), "{:?}", site.journal());
}

fn device_mode(name: &str, options: &[&str]) {
    let (bench, site) = (Bench::new(), Site::new());
    let program = bench.build(name, &[&format!("examples/{name}.c")], options);
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let key = bench.scratch.write("key", format!("{DEVICE_KEY}\n"));
    let ask = |device: &str| bench.run(&program, &[HOST, device, &key, &roots, &site.address()]);
    assert_accepts(&site, &ask("dev-01").done(), &module());
    ask("nobody").failed(1, &["404"]);
    ask("dev-02").failed(1, &["401"]);
}

#[test]
#[ignore = "needs a C compiler and swtpm"]
fn a_tpm_is_registered_and_signs_for_the_hub() {
    let (bench, swtpm) = (Bench::new(), Swtpm::with_keys());
    let (id, endorsement_key) = {
        let mut tpm = swtpm.client();
        (tpm.registration_id().unwrap(), tpm.endorsement_key().unwrap())
    };
    let site = Site::for_tpm(id.as_str(), &endorsement_key);
    let program = bench.build("dps_tpm", &["examples/dps_tpm.c"], &[]);
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let run = bench.run(&program, &[SCOPE, &swtpm.endpoint().to_string(), &roots, &site.address()]);
    assert!(run.err.contains(id.as_str()), "{run:?}");
    let device = Identity::device(HOST.parse().unwrap(), id.as_str().parse().unwrap());
    assert_accepts(&site, &run.done(), &device);
}

#[test]
#[ignore = "needs a C compiler, swtpm and openssl"]
fn a_key_in_a_tpm_requests_its_certificate_and_registers() {
    let (bench, swtpm) = (Bench::new(), Swtpm::with_keys());
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap();
    let key = format!("tpm:file={}&tpm={}", bench.scratch.write("key.pem", file.to_pem()), swtpm.endpoint());
    let program = bench.build("tpm_tls", &["examples/tpm_tls.c"], &[]);
    let (leaf, root) = issuer::issue(&bench.run(&program, &[&key, "pump-17"]).done());
    let site = Site::for_authority(&root);
    let (chain, roots) = (bench.scratch.write("chain.pem", leaf), site.emulator.root_pem());
    let (roots, address) = (bench.scratch.write("roots.pem", roots), site.address());
    let run = bench.run(&program, &[&key, "pump-17", SCOPE, &chain, &roots, &address]).done();
    assert_eq!(run, HOST);
    bench.run(&program, &["tpm:handle=0x81000005&tpm=swtpm:path=/nowhere", "pump-17"]).failed(1, &["/nowhere"]);
    swtpm.assert_empty("afterwards");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs a C compiler"]
fn an_agent_without_a_key_gets_its_token_from_a_daemon() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = bench.build("no_key", &["examples/no_key.c"], &[]);
    let host = site::host(&site, &bench.scratch.folder());
    let run = bench.run(&program, &[&bench.scratch.folder()]);
    assert!(run.err.starts_with(&format!("connect to {HOST} as {HOST}/dev-01/azureiotsecurity/")), "{run:?}");
    assert_accepts(&site, &run.done(), &module());
    let of_module = compiled::run(bench.command(&program).envs(host.environment("azureiotsecurity")));
    assert_accepts(&site, &of_module.done(), &module());
    drop(host);
    bench.run(&program, &[&bench.scratch.folder()]).failed(1, &["aziot-identityd is not at unix://"]);
    bench.run(&program, &[]).failed(1, &["IOTEDGE_WORKLOADURI", "missing"]);
}

#[test]
#[ignore = "needs a C compiler"]
fn the_replacement_of_the_agents_authentication_manager_works() {
    let (bench, site) = (Bench::new(), Site::new());
    let sources = ["tests/c/agent.c", "examples/authentication_manager.c"];
    let program = bench.build("agent", &sources, &["-fsanitize=address,undefined"]);
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let key = bench.scratch.write("key", format!("{DEVICE_KEY}\n"));
    let pem = bench.scratch.write("device.pem", &site.certificate);
    let printed = bench.run(&program, &[&roots, &site.address(), HOST, SCOPE, &key, &pem, MODULE_KEY]).done();
    let of = |device: &str| MODULE_STRING.replace("dev-01", device);
    assert_eq!(printed.lines().collect::<Vec<_>>(), [of("dev-01"), of("dev-01"), of("dev-03"), of("dev-01")]);
}

#[test]
#[ignore = "needs python3"]
fn python_calls_it() {
    let bench = Bench::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smoke.py");
    let library = bench.scratch.path("lib/libdefenderauth.so");
    let printed = run(Command::new("python3").arg("-B").arg(script).arg(library)).done();
    assert_eq!(printed.trim_end(), env!("CARGO_PKG_VERSION"));
}
