//! A clock that is wrong by years, on a system whose services and certificates are right.

use crate::support::{
    HOST, KEY, Run, Scratch, device, run,
    site::{SCOPE, Site, no_token},
    started_by,
};
use defender_auth_emulator::{Device, Dps, Enrollment, Hub, World};

/// A clock that was never set, and one that was set to the wrong year.
const WRONG: [&str; 3] = ["1970-01-02 00:00:00", "2020-01-01 00:00:00", "2032-01-01 00:00:00"];

fn at(time: &str, arguments: &[&str], input: &str) -> Run {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let mut command = started_by(&["faketime", time], &arguments);
    command.env("TZ", "UTC").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    run(command, input.as_bytes())
}

/// The time is the fault, and neither the server nor the credential is blamed.
#[track_caller]
fn blames_the_clock(run: &Run, time: &str) {
    let (day, _) = time.split_once(' ').unwrap();
    let shown = format!("{day}T00:0");
    assert!(run.code == 1 && run.err.contains(&shown) && run.err.contains("fault: the time"), "{run:?}");
    assert!(!run.shows("root certificates") && !run.shows("the key is not"), "{run:?}");
}

#[test]
#[ignore = "needs faketime, which `cargo xtask test` brings"]
fn it_is_the_fault_when_the_hubs_certificate_does_not_fit_it() {
    let site = Site::new();
    for time in WRONG {
        let endpoint = site.endpoint();
        let login = ["authenticate", "-", "--connect", "--ca-file", &site.roots, "--endpoint", &endpoint];
        blames_the_clock(&no_token(at(time, &login, &device())), time);
    }
}

#[test]
#[ignore = "needs faketime, which `cargo xtask test` brings"]
fn it_is_the_fault_when_the_provisioning_services_certificate_does_not_fit_it() {
    let dps = Dps::new(SCOPE).enrollment(Enrollment::new("dev-01", KEY));
    let site = Site::play(World::new().hub(Hub::new(HOST).device(Device::new("dev-01", KEY))).dps(dps));
    let key = site.scratch.write("key", KEY);
    let endpoint = format!("global.azure-devices-provisioning.net={}", site.emulator.https_address());
    for time in WRONG {
        let provision = ["provision", "--id-scope", SCOPE, "--registration-id", "dev-01", "--key-file", &key];
        let network = ["--ca-file", &site.roots, "--endpoint", &endpoint];
        blames_the_clock(&at(time, &[&provision[..], &network].concat(), ""), time);
    }
}

#[test]
#[ignore = "needs faketime, which `cargo xtask test` brings"]
fn a_token_made_before_this_release_is_warned_of() {
    let early = at("2020-01-01 00:00:00", &["token", "-", "--ttl", "1h"], &device()).done();
    assert!(early.err.contains("the clock of this device is at 2020-01-01T00:0"), "{early:?}");
    assert!(early.out.starts_with("SharedAccessSignature "), "it is made all the same: {early:?}");
    assert_eq!(early.err.lines().count(), 1, "{early:?}");
    let late = at("2032-01-01 00:00:00", &["token", "-", "--ttl", "1h"], &device()).done();
    assert!(late.err.is_empty(), "{late:?}");
}

#[test]
#[ignore = "needs faketime, which `cargo xtask test` brings"]
fn a_verdict_or_a_certificate_of_a_time_before_this_release_is_warned_of() {
    let scratch = Scratch::new();
    let (key, out) = (scratch.write("key", KEY), scratch.path("made"));
    let token = at("2020-01-01 00:00:00", &["token", "-", "--ttl", "1h"], &device()).done().out;
    let chain = format!("{out}/certificate_public.pem");
    let verify = ["verify-token", "--key-file", &key, "-"];
    let new = ["certificate", "new", "self-signed", "--device-id", "dev-01", "--out-dir", &out];
    let check = ["certificate", "check", "--cert-file", &chain];
    for (arguments, input) in [(&verify[..], token.as_str()), (&new, ""), (&check, "")] {
        let run = at("2020-01-01 00:10:00", arguments, input);
        assert_eq!(run.err.matches("the clock of this device is at 2020-01-01T00:1").count(), 1, "{run:?}");
    }
}
