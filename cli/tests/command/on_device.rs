//! Agents that own no key: a daemon of this device signs for them.

use crate::support::{
    HOST, KEY, Run,
    agents::{self, site_of},
    command, defenderauth, run,
    site::Site,
    started_by,
};
use defender_auth_emulator::{Device, Host, Hub, RunningHost, World};
use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

const MODULE: &str = "azureiotsecurity";

pub(crate) fn own_uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

/// A host whose daemons sign for this user's programs and for a module.
pub(crate) fn host(site: &Site) -> RunningHost {
    let host = Host::new(HOST, "dev-01").principal(own_uid(), MODULE).module(MODULE);
    site.emulator.host(site.scratch.folder(), host).unwrap()
}

/// The command with nothing but the variables of a module, and a place of the hub.
pub(crate) fn as_module(site: &Site, host: &RunningHost, arguments: &[&str], changed: &[(&str, &str)]) -> Run {
    let endpoint = site.endpoint();
    let network = ["--ca-file", &site.roots, "--endpoint", &endpoint];
    let network: &[&str] = if arguments[0] == "inspect" { &[] } else { &network };
    let mut command = command(&[arguments, network].concat());
    command.env_clear().envs(host.environment(MODULE)).envs(changed.iter().copied());
    run(command, b"")
}

pub(crate) fn service(site: &Site) -> String {
    format!("--identity-service={}", site.scratch.folder())
}

#[track_caller]
pub(crate) fn accepted(run: &Run) {
    assert!(run.out.starts_with(&format!("identity      {HOST}/devices/dev-01/modules/{MODULE}\n")), "{run:?}");
    assert!(run.out.contains("\ncredential    external key\n"), "{run:?}");
    assert!(run.out.ends_with("\nhub           accepted\n"), "{run:?}");
}

#[test]
fn a_module_that_has_nothing_but_its_environment_and_a_socket_logs_in() {
    let site = Site::new();
    let host = host(&site);
    accepted(&as_module(&site, &host, &["authenticate", "--workload", "--connect"], &[]).done());
    assert_eq!(site.journal().last(), Some(&format!("accepted {HOST}/dev-01/{MODULE}")));
}

#[test]
fn an_agent_of_the_host_logs_in() {
    let site = Site::new();
    let _host = host(&site);
    let run = site.ask(&["authenticate", &service(&site), "--connect"], "").done();
    accepted(&run);
    assert_eq!(site.journal().last(), Some(&format!("accepted {HOST}/dev-01/{MODULE}")));
}

#[test]
fn behind_a_gateway_the_roots_are_those_of_the_trust_bundle() {
    let site =
        Site::play(World::new().hub(Hub::new(HOST).device(Device::new("dev-01", KEY))).hub(Hub::new("edge-gateway")));
    let host = Host::new(HOST, "dev-01").gateway("edge-gateway").module(MODULE);
    let host = site.emulator.host(site.scratch.folder(), host).unwrap();
    let endpoint = format!("edge-gateway={}", site.emulator.address());
    let mut command = command(&["authenticate", "--workload", "--connect", "--endpoint", &endpoint]);
    command.env_clear().envs(host.environment(MODULE));
    let run = run(command, b"").done();
    assert!(run.out.contains("\nMQTT host     edge-gateway:8883\n"), "{run:?}");
    accepted(&run);
}

#[test]
fn inspect_shows_what_is_there() {
    let site = Site::new();
    let host = host(&site);
    let shown = as_module(&site, &host, &["inspect", "--workload"], &[]).done().out;
    let socket = format!("{}/mnt/{MODULE}.sock", site.scratch.folder());
    assert!(
        shown.ends_with(&format!("credential    external key\nsigner        the workload API at unix://{socket}\n")),
        "{shown}"
    );
    let shown = defenderauth(&["inspect", &service(&site)], "").done().out;
    let socket = format!("{}/identityd.sock", site.scratch.folder());
    let end = format!("signer        aziot-identityd at unix://{socket}\nprovisioning  manual, sas\n");
    assert!(shown.starts_with("kind          module\n") && shown.ends_with(&end), "{shown}");
    let json = defenderauth(&["inspect", &service(&site), "--json"], "").done().json();
    assert_eq!((&json["module_id"], &json["provisioning"]), (&MODULE.into(), &"manual, sas".into()));
}

#[test]
fn a_user_that_is_no_principal_is_told_which_file_to_add() {
    let site = Site::new();
    let other = Host::new(HOST, "dev-01").principal(own_uid() + 1, MODULE);
    let _host = site.emulator.host(site.scratch.folder(), other).unwrap();
    let uid = own_uid();
    site.ask(&["authenticate", &service(&site)], "").failed(
        2,
        &[
            &format!("uid {uid} is not a principal of aziot-identityd: add /etc/aziot/identityd/config.d/"),
            &format!("[[principal]], uid = {uid}, name = \"azureiotsecurity\", idtype = [\"module\"]"),
            "fault: the configuration",
        ],
    );
}

#[test]
fn a_user_outside_of_a_group_is_told_which() {
    if own_uid() != 0 {
        return;
    }
    let site = Site::new();
    let host = Host::new(HOST, "dev-01").principal(998, MODULE);
    let _host = site.emulator.host(site.scratch.folder(), host).unwrap();
    // Another user, in none of the groups of the sockets.
    let as_other = ["setpriv", "--reuid=998", "--regid=998", "--clear-groups"];
    let ask = || {
        let arguments = ["authenticate".into(), service(&site)];
        run(started_by(&as_other, &arguments), b"")
    };
    ask().failed(
        2,
        &[
            &format!("no permission to connect to aziot-identityd at unix://{}/identityd.sock", site.scratch.folder()),
            "this user is not in group aziotid; add it with `usermod -aG aziotid USER`",
        ],
    );
    let socket = site.scratch.path("identityd.sock");
    fs::set_permissions(socket, fs::Permissions::from_mode(0o666)).unwrap();
    ask().failed(2, &["aziot-keyd", "this user is not in group aziotks; add it with `usermod -aG aziotks USER`"]);
}

#[test]
fn what_is_missing_is_named() {
    let site = Site::new();
    let absent = site.ask(&["authenticate", &service(&site)], "");
    absent.failed(2, &["aziot-identityd is not at unix://", "install the package aziot-identity-service"]);
    let host = host(&site);
    let without = as_module(&site, &host, &["authenticate", "--workload"], &[("IOTEDGE_DEVICEID", "")]);
    without.failed(2, &["`IOTEDGE_DEVICEID` is missing or empty; give it a value"]);
    let other = as_module(&site, &host, &["authenticate", "--workload"], &[("IOTEDGE_MODULEID", "other")]);
    other.failed(2, &["the workload API rejected the request with 403: forbidden", "check IOTEDGE_MODULEID"]);
    drop(host);
    defenderauth(&["authenticate", "--workload"], "").failed(2, &["`IOTEDGE_WORKLOADURI` is missing or empty"]);
    defenderauth(&["authenticate", "--identity-service=run"], "").failed(2, &["--identity-service: ", "absolute path"]);
    defenderauth(&["authenticate", "--workload", "--identity-service"], "").misused(&["cannot be used with"]);
    defenderauth(&["inspect"], "").misused(&["--workload", "--identity-service"]);
}

#[test]
fn a_module_that_is_missing_is_created_when_that_is_asked_for() {
    let site = site_of(Device::new("dev-01", KEY));
    let folder = agents::folder(agents::BY_DEVICE[0]);
    let arguments = ["authenticate", &folder, "--connect"];
    site.ask(&arguments, "").failed(1, &["the hub answered 404"]);
    let run = site.ask(&[&arguments[..], &["--create-module"]].concat(), "").done();
    assert!(run.out.ends_with("\nhub           accepted\n"), "{run:?}");
    assert!(run.err.contains("creating the module"), "{run:?}");
    site.ask(&arguments, "").done();
    let module = format!("HostName={HOST};DeviceId=d;ModuleId=m;SharedAccessKey={KEY}");
    defenderauth(&["authenticate", "-", "--create-module"], module).failed(2, &["--create-module is for Device mode"]);
}
