//! Daemons of the device that are away, are none, or do not answer as they should; and identities with a certificate.

use crate::{
    on_device::{accepted, as_module, host, own_uid, service},
    support::{HOST, KEY, Run, defenderauth, run, site::Site, started_by},
};
use defender_auth_emulator::{Device, Host, Hub, RunningHost, World};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    thread,
};

const P256: &str = include_str!("../../../tests/x509/data/p256.pkcs8.pem");

/// What listens at identityd's socket reads a request and answers this, whatever it is asked.
fn answers(site: &Site, answer: &'static [u8]) {
    let listener = UnixListener::bind(site.scratch.path("identityd.sock")).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
}

fn ask(site: &Site) -> Run {
    site.ask(&["authenticate", &service(site)], "")
}

#[test]
fn another_kind_of_file_is_no_socket() {
    let site = Site::new();
    site.scratch.write("identityd.sock", "");
    let path = site.scratch.path("identityd.sock");
    let told =
        format!("unix://{path} is no socket, but another kind of file; check the path, and restart aziot-identityd");
    ask(&site).failed(2, &[&told, "fault: the configuration"]);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    ask(&site).failed(2, &[&told]);
}

#[test]
fn a_path_through_a_file_has_no_socket() {
    let site = Site::new();
    let file = site.scratch.write("file", "");
    let run = site.ask(&["authenticate", &format!("--identity-service={file}")], "");
    run.failed(2, &[&format!("aziot-identityd is not at unix://{file}/identityd.sock")]);
}

#[test]
fn a_socket_on_which_nothing_listens_is_told_after_a_while() {
    let site = Site::new();
    drop(UnixListener::bind(site.scratch.path("identityd.sock")).unwrap());
    let path = site.scratch.path("identityd.sock");
    ask(&site).failed(1, &[&format!("aziot-identityd at unix://{path} has not answered"), "`aziotctl system restart`"]);
}

#[test]
fn a_daemon_that_closes_the_connection_is_told_after_a_while() {
    let site = Site::new();
    answers(&site, b"");
    ask(&site)
        .failed(1, &["aziot-identityd at unix://", "has not answered", "read its log with `aziotctl system logs`"]);
}

#[test]
fn a_daemon_that_fails_is_told_after_a_while() {
    let site = Site::new();
    answers(
        &site,
        b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>",
    );
    ask(&site).failed(1, &["aziot-identityd rejected the request with 500; try again later, and read its log"]);
}

#[test]
fn a_page_is_no_answer_of_a_daemon() {
    let site = Site::new();
    answers(&site, b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>");
    let path = site.scratch.path("identityd.sock");
    ask(&site).failed(
        1,
        &[
            &format!("the answer of aziot-identityd at unix://{path} is not valid at `body`: it cannot be read"),
            "check that aziot-identityd listens there, and its version",
        ],
    );
}

#[test]
fn what_does_not_speak_http_is_told_after_a_while() {
    let site = Site::new();
    answers(&site, b"SSH-2.0-OpenSSH_9.2\r\n");
    ask(&site).failed(1, &["aziot-identityd at unix://", "has not answered"]);
}

#[test]
fn the_workload_api_is_told_in_its_own_words() {
    let site = Site::new();
    let host = host(&site);
    let gone = format!("unix://{}", site.scratch.path("mnt/other.sock"));
    let call = ["authenticate", "--workload"];
    as_module(&site, &host, &call, &[("IOTEDGE_WORKLOADURI", &gone)])
        .failed(2, &["the workload API is not at unix://", "start the agent as a module of IoT Edge"]);
    let generation = [("IOTEDGE_MODULEGENERATIONID", "1")];
    as_module(&site, &host, &call, &generation)
        .failed(2, &["403: forbidden", "check IOTEDGE_MODULEID and IOTEDGE_MODULEGENERATIONID"]);
    as_module(&site, &host, &call, &[("IOTEDGE_WORKLOADURI", "fd://x")])
        .failed(2, &["`IOTEDGE_WORKLOADURI`", "`unix:///path` and `http://host:port`"]);
    as_module(&site, &host, &call, &[("IOTEDGE_AUTHSCHEME", "x509")])
        .failed(2, &["`IOTEDGE_AUTHSCHEME`", "`sasToken`"]);
}

#[test]
fn an_old_host_has_a_port_instead_of_a_socket() {
    let site = Site::new();
    let host = host(&site);
    let socket = site.scratch.path("mnt/azureiotsecurity.sock");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), Ok(daemon)) = (stream, UnixStream::connect(&socket)) else { return };
            thread::spawn(move || carry(&stream, &daemon));
        }
    });
    accepted(
        &as_module(&site, &host, &["authenticate", "--workload", "--connect"], &[("IOTEDGE_WORKLOADURI", &uri)]).done(),
    );
}

/// Carries a connection to a socket and back, until both sides have ended.
fn carry(client: &TcpStream, daemon: &UnixStream) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = io::copy(&mut &*client, &mut &*daemon);
            let _ = daemon.shutdown(Shutdown::Write);
        });
        let _ = io::copy(&mut &*daemon, &mut &*client);
        let _ = client.shutdown(Shutdown::Both);
    });
}

/// A device with a self-signed certificate, which this user is.
fn certified() -> (Site, RunningHost) {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "dev-01");
    let pem = params.self_signed(&KeyPair::from_pem(P256).unwrap()).unwrap().pem();
    let chain = defender_auth::x509::Chain::from_pem(pem.as_bytes()).unwrap();
    let thumbprint = chain.certificates().first().unwrap().sha256().to_string();
    let site = Site::play(World::new().hub(Hub::new(HOST).device(Device::with_thumbprint("dev-01", &thumbprint))));
    let host = Host::new(HOST, "dev-01")
        .key_pair("device-id", P256)
        .certificate("device-id", &pem)
        .certified_device(own_uid(), "device-id", "device-id")
        .principal(998, "azureiotsecurity");
    let uid_998_is_the_device = host.certified_device(998, "device-id", "device-id");
    let host = site.emulator.host(site.scratch.folder(), uid_998_is_the_device).unwrap();
    (site, host)
}

#[test]
fn an_identity_with_a_certificate_logs_in_with_its_key_in_keyd() {
    let (site, _host) = certified();
    let told = site.ask(&["authenticate", &service(&site), "--connect"], "").done();
    assert!(told.out.starts_with(&format!("identity      {HOST}/devices/dev-01\n")), "{told:?}");
    assert!(
        told.out.contains("\ncredential    x509\n") && told.out.ends_with("\nhub           accepted\n"),
        "{told:?}"
    );
    let shown = defenderauth(&["inspect", &service(&site)], "").done().out;
    assert!(shown.contains("credential    x509\n") && shown.ends_with("provisioning  manual, x509\n"), "{shown}");
}

#[test]
fn a_key_of_keyd_is_shown_by_its_name() {
    let (site, _host) = certified();
    let name = format!("keyd:id=device-id&folder={}", site.scratch.folder());
    let shown = defenderauth(&["key", "show", &name, "--json"], "").done().json();
    assert_eq!((&shown["place"], &shown["schemes"][0]), (&"keyd".into(), &"ecdsa_secp256r1_sha256".into()), "{shown}");
    let request = defenderauth(&["certificate", "request", "--key-file", &name, "--common-name", "dev-01"], "");
    assert!(request.done().out.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    defenderauth(&["key", "show", &name.replace("device-id", "none")], "")
        .failed(2, &["aziot-keyd rejected the request with 400: a parameter has an invalid value"]);
    defenderauth(&["key", "show", "keyd:device-id"], "").misused(&["write keyd:id=KEY with the ID of the key"]);
}

#[test]
fn a_user_outside_of_the_group_of_the_certificates_is_told() {
    if own_uid() != 0 {
        return;
    }
    let (site, _host) = certified();
    let open = |name: &str| fs::set_permissions(site.scratch.path(name), fs::Permissions::from_mode(0o666)).unwrap();
    let ask = || {
        let arguments = ["authenticate".into(), service(&site)];
        run(started_by(&["setpriv", "--reuid=998", "--regid=998", "--clear-groups"], &arguments), b"")
    };
    open("identityd.sock");
    ask().failed(2, &["aziot-certd", "this user is not in group aziotcs; add it with `usermod -aG aziotcs USER`"]);
    open("certd.sock");
    ask().failed(2, &["aziot-keyd", "this user is not in group aziotks"]);
    open("keyd.sock");
    assert!(ask().done().out.contains("credential    x509\n"));
}

#[test]
fn a_device_without_a_certificate_in_its_store_is_told() {
    let site = Site::play(World::new().hub(Hub::new(HOST).device(Device::new("dev-01", KEY))));
    let host = Host::new(HOST, "dev-01").key_pair("k", P256).certified_device(own_uid(), "k", "none");
    let _host = site.emulator.host(site.scratch.folder(), host).unwrap();
    ask(&site).failed(2, &["aziot-certd rejected the request with 400", "not found"]);
}
