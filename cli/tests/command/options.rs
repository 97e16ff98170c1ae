//! Options that subcommands have in common.

use crate::support::{
    HOST, KEY, defenderauth, device,
    registrar::{ID, Registrar, enrollment},
    site::{SCOPE, Site, no_token},
};
use defender_auth_emulator::{Dps, Fault, Hub, Operation, World};
use std::{net::TcpListener, time::Instant};

/// An address where nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn the_last_endpoint_of_a_host_counts() {
    let site = Site::new();
    let (right, wrong) = (site.endpoint(), format!("{HOST}={}", nowhere()));
    let login = |endpoints: [&str; 2]| {
        let network = ["--ca-file", &site.roots, "--endpoint", endpoints[0], "--endpoint", endpoints[1]];
        no_token(defenderauth(&[&["authenticate", "-", "--connect"], &network[..]].concat(), device()))
    };
    login([&wrong, &right]).done();
    login([&right, &wrong]).failed(1, &["cannot be reached"]);
    // One for the port is more specific, wherever it is.
    login([&format!("{HOST}:8883={}", site.emulator.address()), &wrong]).done();
}

#[test]
fn the_trust_anchors_have_the_name_that_curl_gives_them() {
    let site = Site::new();
    let endpoint = site.endpoint();
    let login = ["authenticate", "-", "--connect", "--cacert", &site.roots, "--endpoint", &endpoint];
    no_token(defenderauth(&login, device())).done();
}

#[test]
fn a_service_and_a_hub_have_their_addresses_by_one_option() {
    let host = "dps.contoso.example";
    let world = World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).at(host).enrollment(enrollment()));
    let site = Site::play(world);
    let key = site.scratch.write("device.key", KEY);
    let (mqtt, https) = (site.emulator.address(), site.emulator.https_address());
    let [dps, hub] = [format!("{host}={https}"), format!("{HOST}={mqtt}")];
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID, "--key-file", &key, "--connect"];
    let device = [&device[..], &["--ca-file", &site.roots]].concat();
    let call = |more: &[&str]| no_token(defenderauth(&[&device[..], more].concat(), ""));
    call(&["--service-host", host, "--endpoint", &dps, "--endpoint", &hub]).done();
    // The names of the version before.
    call(&["--endpoint", &dps, "--hub-endpoint", &hub]).done();
    let run = call(&["--endpoint", &dps, "--endpoint", &hub]);
    run.failed(2, &["--endpoint is for", "but global.azure-devices-provisioning.net, port 443, is needed"]);
}

#[test]
fn quiet_leaves_errors_alone() {
    let registrar = Registrar::of(enrollment());
    let told = registrar.register("https", &[]).done();
    assert!(told.err.contains("registering the device"), "{told:?}");
    for quiet in ["--quiet", "-q"] {
        assert!(registrar.register("https", &[quiet]).done().err.is_empty());
    }
    let refused = registrar.provision("https", "dev-99", &["--key-file", &registrar.key, "--quiet"]).failed(1, &[]);
    assert_eq!(refused.err.lines().count(), 2, "{refused:?}");
    let expired = defenderauth(&["token", "-", "--expires-at", "1"], device()).done();
    assert!(expired.err.contains("warning: "), "{expired:?}");
    assert!(defenderauth(&["--quiet", "token", "-", "--expires-at", "1"], device()).done().err.is_empty());
    defenderauth(&["inspect", "-", "--quiet", "--verbose"], device()).misused(&["--verbose"]);
}

#[test]
fn verbose_tells_requests_and_what_they_go_by() {
    let registrar = Registrar::of(enrollment());
    for verbose in ["--verbose", "-v"] {
        let run = registrar.register("https", &[verbose]).done();
        for words in ["/register?api-version=", "trust anchors: ", "(--endpoint)", "answered with status 20"] {
            assert!(run.err.contains(words), "no {words:?} in {run:?}");
        }
    }
    let site = Site::new();
    let run = site.connect("-", &device(), &["--verbose"]).done();
    assert!(run.err.contains(&format!("logging in at {HOST} over MQTT; address: ")), "{run:?}");
}

#[test]
fn what_may_succeed_later_is_tried_again() {
    let site = Site::new();
    site.emulator.fault(Operation::Connect, Fault::Connack(3), 1);
    let run = site.connect("-", &device(), &["--retries", "2"]).done();
    assert!(run.err.contains("unavailable (CONNACK 3); trying again (1 of 2)"), "{run:?}");
    // A rejected credential stays rejected.
    let wrong = device().replace(KEY, crate::support::LONG_KEY);
    let run = site.connect("-", &wrong, &["--retries", "5"]).failed(1, &["CONNACK 5"]);
    assert!(!run.err.contains("trying again"), "{run:?}");
    for wrong in ["-1", "1001", "many"] {
        defenderauth(&["authenticate", "-", &format!("--retries={wrong}")], device()).misused(&["--retries"]);
    }
}

#[test]
fn a_time_limit_ends_what_is_silent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("{HOST}={}", silent.local_addr().unwrap());
    let login = ["authenticate", "-", "--connect", "--azure-roots", "--endpoint", &endpoint, "--timeout", "1s"];
    let begin = Instant::now();
    no_token(defenderauth(&login, device())).failed(1, &["1 s"]);
    // Without the option it is 15 seconds.
    assert!(begin.elapsed().as_secs() < 14, "{:?}", begin.elapsed());
    for wrong in ["0", "soon", "-1s"] {
        defenderauth(&["authenticate", "-", &format!("--timeout={wrong}")], device()).misused(&["--timeout"]);
    }
}

#[test]
fn a_time_is_written_in_two_ways() {
    let by = |time: &str| defenderauth(&["token", "-", "--expires-at", time], device()).done().out;
    assert_eq!(by("1700003600"), by("2023-11-14T23:13:20Z"));
    assert_eq!(by("1700003600"), by("2023-11-15T00:13:20+01:00"));
    defenderauth(&["token", "-", "--expires-at", "tomorrow"], device())
        .misused(&["2026-11-30T21:20:00Z", "since 1970"]);
}

#[test]
fn a_token_is_valid_for_an_hour() {
    let made = |more: &[&str]| defenderauth(&[&["token", "-", "--json"], more].concat(), device()).done().json();
    let expiry = |more: &[&str]| made(more)["expires_at"]["unix"].as_u64().unwrap();
    let (hour, default) = (expiry(&["--ttl", "1h"]), expiry(&[]));
    assert!(default.abs_diff(hour) < 60, "{default}, {hour}");
    let both = ["token", "-", "--ttl", "1h", "--expires-at", "1"];
    defenderauth(&both, device()).misused(&["--ttl", "--expires-at"]);
}

#[test]
fn every_level_tells_the_version() {
    for words in [&[][..], &["inspect"], &["key", "new"], &["certificate", "new", "root"], &["tpm", "show"]] {
        let run = defenderauth(&[words, &["--version"]].concat(), "").done();
        assert!(run.out.trim_end().ends_with(env!("CARGO_PKG_VERSION")), "{run:?}");
    }
}
