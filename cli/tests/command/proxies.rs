//! Proxies in the environment that are not used are reported, and nothing else is.

use crate::support::{
    HOST, KEY, Run, command, device,
    registrar::{Registrar, enrollment},
    run,
    site::{SCOPE, Site},
};

/// An address without a server.
#[cfg(unix)]
const CLOSED: &str = "127.0.0.1:9";

/// Runs it with nothing in the environment but these variables.
fn with(variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Run {
    let mut command = command(arguments);
    command.env_clear().envs(variables.iter().copied());
    run(command, input.as_bytes())
}

/// A login over MQTT, which goes to the loopback hub whatever the variables say.
fn connect(variables: &[(&str, &str)]) -> Run {
    let site = Site::new();
    let endpoint = site.endpoint();
    let arguments = ["authenticate", "-", "--connect", "--ca-file", &site.roots, "--endpoint", &endpoint];
    with(variables, &arguments, &device()).done()
}

#[test]
fn a_proxy_that_mqtt_does_not_use_is_reported() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy"] {
        let run = connect(&[(name, "http://127.0.0.1:9")]);
        // Windows has one variable of both names.
        let name = if cfg!(windows) { name.to_uppercase() } else { name.into() };
        let said = format!("warning: {name} is not used: --endpoint replaces it, and MQTT connects directly");
        assert_eq!(run.err.matches(&said).count(), 1, "{run:?}");
    }
}

#[test]
fn a_host_without_a_proxy_is_not_reported() {
    for variables in [
        &[][..],
        &[("HTTPS_PROXY", "")],
        &[("HTTPS_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", HOST)],
        &[("HTTPS_PROXY", "http://127.0.0.1:9"), ("no_proxy", "localhost, .azure-devices.net")],
        &[("FTP_PROXY", "http://127.0.0.1:9")],
    ] {
        let run = connect(variables);
        assert!(!run.err.contains("PROXY"), "{run:?}");
    }
}

#[test]
fn a_registration_reports_the_proxy_that_its_carrier_or_its_endpoint_replaces() {
    let registrar = Registrar::of(enrollment());
    let key = registrar.site.scratch.write("device.key", KEY);
    for (carrier, words) in [
        ("https", "warning: HTTPS_PROXY is not used: --endpoint"),
        ("mqtt", "warning: HTTPS_PROXY is not used: --endpoint"),
    ] {
        let endpoint = registrar.endpoint(carrier);
        let service = ["provision", "--endpoint", &endpoint, "--ca-file", &registrar.site.roots, "--carrier", carrier];
        let device = ["--id-scope", SCOPE, "--registration-id", "dev-02", "--key-file", &key];
        let run = with(&[("HTTPS_PROXY", "http://127.0.0.1:9")], &[&service[..], &device].concat(), "").done();
        assert_eq!(run.err.matches(words).count(), 1, "{run:?}");
    }
}

/// The host does not exist, and the command is ended at the deadline of `timeout`: what it reports first counts.
#[cfg(unix)]
#[test]
#[ignore = "needs timeout"]
fn a_variable_that_is_no_http_proxy_is_reported() {
    let registrar = Registrar::of(enrollment());
    let key = registrar.site.scratch.write("device.key", KEY);
    let service = ["provision", "--endpoint", "dps.invalid", "--ca-file", &registrar.site.roots];
    let device = ["--id-scope", SCOPE, "--registration-id", "dev-02", "--key-file", &key];
    let arguments: Vec<_> = [&service[..], &device].concat().into_iter().map(String::from).collect();
    for (value, words) in [
        ("socks5://127.0.0.1:9", "is not used: SOCKS proxies are not supported"),
        ("SOCKS5H://127.0.0.1:9", "is not used: SOCKS proxies are not supported"),
        ("ftp://127.0.0.1:9", "is not used: it is not the URL of a proxy; write http://HOST:PORT"),
        ("127.0.0.1:many", "is not used: it is not the URL of a proxy"),
        ("http://", "is not used: it is not the URL of a proxy"),
    ] {
        let mut command = crate::support::started_by(&["timeout", "--preserve-status", "2"], &arguments);
        command.env_remove("ALL_PROXY").env_remove("all_proxy").env_remove("NO_PROXY").env_remove("no_proxy");
        let output = command.env("HTTPS_PROXY", value).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("warning: HTTPS_PROXY {words}")), "{value}: {said}");
        assert!(!said.contains(CLOSED), "its value is not printed: {said}");
    }
}
