//! What is wrong is on the way to the services.

use super::{ask, closed, doctor, network, to, told};
use crate::support::{
    HOST, KEY, Run,
    agents::{self, site_with},
    device,
    site::Site,
};
use defender_auth_emulator::{Fault, Operation};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Every handshake meets this.
fn at_handshake(fault: &Fault) -> Site {
    let site = Site::new();
    for operation in [Operation::HttpsHandshake, Operation::MqttHandshake] {
        site.emulator.fault(operation, fault.clone(), 99);
    }
    site
}

#[test]
fn a_clock_that_differs_from_the_servers_is_named() {
    for (offset, words) in [(7200, "2 h behind"), (-86_400, "1 d ahead of")] {
        let site = Site::new();
        site.emulator.clock_offset(offset);
        let run = ask(&site, &["-"], &device());
        run.fails_first_at(1, "clock", &[words, HOST, "set it"]);
        assert!(run.line("login").contains("because step clock failed"), "{:?}", run.0);
    }
    let site = Site::new();
    site.emulator.clock_offset(-120);
    let run = ask(&site, &["-"], &device());
    run.is_well();
    assert!(run.line("clock").contains("which is tolerated"), "{:?}", run.0);
}

#[cfg(unix)]
#[test]
#[ignore = "needs faketime, which `cargo xtask test` brings"]
fn a_clock_that_is_wrong_by_years_is_named_before_the_certificates() {
    let site = Site::new();
    for time in ["1970-01-02 00:00:00", "2020-01-01 00:00:00", "2039-01-01 00:00:00"] {
        let arguments: Vec<String> = ["doctor", "-"].iter().map(ToString::to_string).chain(network(&site)).collect();
        let mut command = crate::support::started_by(&["faketime", time], &arguments);
        command.env("TZ", "UTC").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let run = told(command, &device());
        run.fails_first_at(1, "clock", &[&time[..10], "set it"]);
        assert!(run.line("tls").starts_with("ok"), "by the server's clock: {:?}", run.0);
    }
}

/// Names below `.invalid` have no address (RFC 2606, section 2).
#[test]
fn a_name_without_an_address_is_named() {
    let site = Site::new();
    let string = format!("HostName=nowhere.invalid;DeviceId=dev-01;SharedAccessKey={KEY}");
    let run = told(doctor(&["-", "--ca-file", &site.roots], &[]), &string);
    run.fails_first_at(1, "dns", &["nowhere.invalid", "cannot be looked up"]);
    for skipped in ["tcp", "tls"] {
        assert!(run.line(skipped).contains("because step dns failed"), "{:?}", run.0);
    }
    assert!(run.line("clock").starts_with("ok"), "what does not depend on it is done: {:?}", run.0);
}

#[test]
fn a_closed_port_is_named_and_the_other_way_is_tried() {
    let site = Site::new();
    let run = told(doctor(&["-"], &to(&site, site.emulator.https_address(), closed())), &device());
    run.fails_first_at(1, "tcp", &["8883", "the port is closed", "--transport mqtt-ws"]);
    assert!(run.line("login").starts_with("ok") && run.line("login").contains(":443"), "{:?}", run.0);
    assert!(run.0.out.contains("verdict       the step that failed is tcp"), "{:?}", run.0);
    let run = told(doctor(&["-", "--transport", "auto"], &to(&site, closed(), closed())), &device());
    assert!(run.0.code == 1 && run.lines("failed")[0].contains("no way to the hub by either port"), "{:?}", run.0);
    // Nothing needs the port of HTTPS here.
    let run = told(doctor(&["-"], &to(&site, closed(), site.emulator.address())), &device());
    run.is_well();
    assert!(run.lines("warning")[0].contains(":443"), "{:?}", run.0);
}

/// What connects and then says nothing, as a firewall does that waits for the first bytes.
#[test]
fn a_server_that_is_silent_is_waited_for_no_longer_than_is_shown() {
    let site = Site::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let arguments = to(&site, site.emulator.https_address(), silent.local_addr().unwrap());
    let run = told(doctor(&["-"], &arguments), &device());
    run.fails_first_at(1, "tls", &["8883", "did not answer within 10 s"]);
    assert!(run.0.err.contains(":8883, for 20 s at most"), "{:?}", run.0);
    assert!(run.line("login").starts_with("ok") && run.line("login").contains(":443"), "{:?}", run.0);
}

/// The limits are 10 s for TLS, 30 s for a request and 30 s for a login.
#[test]
fn a_timeout_limits_every_step() {
    let begun = Instant::now();
    let site = Site::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let arguments = to(&site, site.emulator.https_address(), silent.local_addr().unwrap());
    let run = told(doctor(&["-", "--timeout", "500ms"], &arguments), &device());
    run.fails_first_at(1, "tls", &["8883", "did not answer within"]);
    assert!(run.0.err.contains(":8883, for 1 s at most"), "{:?}", run.0);

    let site = site_with(agents::module());
    site.emulator.fault(Operation::LookUpRegistration, Fault::Stall(Duration::from_secs(20)), 99);
    let run = ask(&site, &[&agents::folder("c/dps"), "--timeout", "1s"], "");
    run.fails_first_at(1, "lookup", &["did not answer within 1 s", "--timeout"]);
    // The stall alone would take as long.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", run.0);
}

/// Runs it by way of a proxy that the environment names.
fn through(proxy: SocketAddr, site: &Site, more: &[&str]) -> super::Told {
    let mut command = doctor(&[&["-", "--ca-file", &site.roots], more].concat(), &[]);
    command.env("HTTPS_PROXY", format!("http://{proxy}"));
    told(command, &device())
}

#[test]
fn an_inspecting_proxy_is_named() {
    let (site, company) = (Site::new(), Site::new());
    let honest = site.emulator.proxy(None).unwrap();
    let run = through(honest.address(), &site, &[]);
    run.is_well();
    assert!(run.line("tcp").contains("the proxy of HTTPS_PROXY at 127.0.0.1:"), "{:?}", run.0);
    let inspecting = company.emulator.proxy(None).unwrap();
    let run = through(inspecting.address(), &site, &[]);
    assert_eq!(run.lines("failed").len(), 1, "{:?}", run.0);
    run.fails_first_at(1, "tls", &["company's inspecting proxy", "exclude this host from the inspection"]);
    // Without a variable, the network itself leads there.
    let run = told(doctor(&["-"], &to(&site, company.emulator.https_address(), company.emulator.address())), &device());
    run.fails_first_at(1, "tls", &["company's inspecting proxy"]);
}

#[test]
fn a_proxy_that_requires_a_login_is_named() {
    let site = Site::new();
    let proxy = site.emulator.proxy(Some("user:pass-word")).unwrap();
    let run = through(proxy.address(), &site, &[]);
    run.fails_first_at(1, "tls", &["407", "requires a login"]);
    let login = site.scratch.write("login", "user:pass-word");
    let run = through(proxy.address(), &site, &["--proxy-login-file", &login]);
    run.is_well();
    assert!(!run.0.shows("pass-word"), "{:?}", run.0);
    // No firewall lets everything through.
    proxy.refuse(8883);
    let run = through(proxy.address(), &site, &["--proxy-login-file", &login]);
    run.fails_first_at(1, "tls", &["8883", "refuses the connection"]);
    let run = through(proxy.address(), &site, &["--proxy-login-file", &site.scratch.path("none")]);
    assert!(run.0.code == 2 && run.lines("failed")[0].starts_with("failed   proxy"), "{:?}", run.0);
    let run = through(closed(), &site, &[]);
    run.fails_first_at(1, "tcp", &["check the proxy that HTTPS_PROXY names"]);
}

#[test]
fn variables_that_are_not_used_are_told() {
    let site = Site::new();
    // Variables of Windows have no case.
    let (lower, told_of) = if cfg!(windows) {
        ("HTTPS_PROXY", "HTTPS_PROXY is not used: it is not the URL of a proxy")
    } else {
        ("https_proxy", "https_proxy is not used: it is not the URL of a proxy")
    };
    for (name, value, status, words) in [
        ("HTTPS_PROXY", "http://u:pass-word@127.0.0.1:9", "ok", "HTTPS_PROXY is not used: --endpoint replaces it"),
        ("ALL_PROXY", "socks5://127.0.0.1:9", "warning", "ALL_PROXY is not used: SOCKS proxies are not supported"),
        (lower, "ftp://p", "warning", told_of),
        ("SSL_CERT_FILE", "/nowhere", "ok", "SSL_CERT_FILE=/nowhere is not used, because trust anchors are given"),
        ("CURL_CA_BUNDLE", "/nowhere", "ok", "not read by this library: CURL_CA_BUNDLE; give --ca-file"),
    ] {
        let mut command = doctor(&["-"], &network(&site));
        command.env(name, value);
        let run = told(command, &device());
        run.is_well();
        let step = if name.contains("CERT") || name.contains("CA") { "roots" } else { "proxy" };
        assert!(run.line(step).starts_with(status) && run.0.out.contains(words), "{:?}", run.0);
        assert!(!run.0.shows("pass-word"), "{:?}", run.0);
    }
}

/// What a network does that wants its users to log in: it answers every connection with a page of its own.
fn portal() -> SocketAddr {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let page =
                "HTTP/1.1 302 Found\r\nLocation: http://portal.example/login?session=1\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(page.as_bytes());
        }
    });
    address
}

#[test]
fn a_captive_portal_is_named() {
    let (site, portal) = (Site::new(), portal());
    let run = told(doctor(&["-"], &to(&site, portal, portal)), &device());
    let lines = run.lines("warning").into_iter().chain(run.lines("failed"));
    assert_eq!(lines.filter(|line| line.contains("a captive portal answers")).count(), 2, "{:?}", run.0);
    run.fails_first_at(1, "tls", &["status 302", "http://portal.example/login); log in to the network"]);
}

#[test]
fn servers_that_are_not_trusted_are_named() {
    for (fault, words) in [
        (Fault::ServerCertificateExpired, "the server's certificate is valid from"),
        (Fault::ServerCertificateWrongHost, "its certificate is for another name"),
        (Fault::PlainText, "without TLS"),
    ] {
        let site = at_handshake(&fault);
        let run = ask(&site, &["-"], &device());
        run.fails_first_at(1, "tls", &["8883", words]);
        assert!(run.line("clock").starts_with("ok"), "{:?}", run.0);
        assert!(run.line("login").starts_with("skipped"), "{:?}", run.0);
    }
}

#[test]
fn other_trust_anchors_are_named() {
    let site = Site::new();
    let run = told(doctor(&["-", "--azure-roots"], &network(&site)[2..]), &device());
    run.fails_first_at(1, "tls", &["8883", "no trust anchor leads to its certificate"]);
    let file = site.scratch.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let run = told(doctor(&["-", "--ca-file", &file], &network(&site)[2..]), &device());
    run.fails_first_at(2, "roots", &[&file]);
    let run = told(doctor(&["-", "--ca-file", "/nowhere.pem"], &network(&site)[2..]), &device());
    assert!(run.0.code == 2 && run.lines("failed")[0].contains("/nowhere.pem"), "{:?}", run.0);
}

impl Run {
    /// It ended with 2, and this step is the first that failed.
    #[track_caller]
    pub(crate) fn failed_at(&self, step: &str) {
        let first = self.out.lines().find(|line| line.starts_with("failed"));
        assert!(self.code == 2 && first.is_some_and(|line| line[9..].starts_with(step)), "{self:?}");
    }
}
