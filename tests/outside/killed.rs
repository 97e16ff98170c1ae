//! Processes that are killed within a handshake whose signature a TPM makes.

use crate::{
    openssl::page_at,
    outside::{Authority, P256, Server, Version},
    relay::{Point, Relay},
    swtpm::Swtpm,
};
use defender_auth::{
    credential::CertificateRequest,
    error::TpmKeyKind,
    private_key::{Location, Opener},
    tpm::{Endpoint, Parent},
    x509::Chain,
};
use std::{
    env, fs,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

/// Where a process that is to be killed finds its files, and where its server.
const FOLDER: &str = "DEFENDERAUTH_TEST_FOLDER";
const SERVER: &str = "DEFENDERAUTH_TEST_SERVER";
const SOCKET: &str = "DEFENDERAUTH_TEST_SOCKET";
const NAME: &str = "killed::connects_unless_it_is_killed";
/// More than a handshake has of any kind of point.
const MANY: usize = 40;

/// Opens the key and connects: what every process of a device does.
fn connect(folder: &str, tpm: Endpoint, server: SocketAddr) {
    let read = |name: &str| fs::read(format!("{folder}/{name}")).unwrap();
    let location = Location::TpmFile { path: format!("{folder}/key.pem").into(), tpm: Some(tpm) };
    let key = Opener::new().open(&location).unwrap();
    let certificate = key.certificate(&Chain::from_pem(&read("chain.pem")).unwrap()).unwrap();
    let page = page_at(&String::from_utf8(read("root.pem")).unwrap(), server, &certificate).unwrap();
    assert!(page.contains("Verify return code: 0 (ok)") && page.contains("Subject: CN=dev-01"), "{page}");
}

/// Not a test by itself: the process that the other test kills.
#[test]
#[ignore = "needs swtpm and openssl, which `cargo xtask test` brings"]
fn connects_unless_it_is_killed() {
    let [Ok(folder), Ok(server), Ok(socket)] = [FOLDER, SERVER, SOCKET].map(env::var) else { return };
    connect(&folder, Endpoint::Socket(socket), server.parse().unwrap());
}

/// Kills a process at a point. Returns whether it came there; otherwise it has connected.
fn kill_at(point: Point, folder: &str, swtpm: &Swtpm, server: SocketAddr) -> bool {
    let (sender, events) = channel();
    let socket = format!("{folder}/relayed");
    let Endpoint::Socket(tpm) = swtpm.endpoint() else { panic!() };
    let relay = Relay::start(&socket, tpm, server, point, &sender);
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([NAME, "--exact", "--ignored"]).env(FOLDER, folder).env(SOCKET, &socket);
    command.env(SERVER, relay.address.to_string()).stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut output = process.stdout.take().unwrap();
    let ended = thread::spawn(move || {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut output, &mut text);
        let _ = sender.send(false);
        text
    });
    let is_reached = events.recv_timeout(Duration::from_secs(120)).unwrap();
    if is_reached {
        process.kill().unwrap();
    }
    let status = process.wait().unwrap();
    drop(relay);
    let text = ended.join().unwrap();
    assert_eq!(status.success(), !is_reached, "{point:?}: {text}");
    is_reached
}

fn every_point_of_a_handshake(kind: TpmKeyKind) {
    let (swtpm, authority) = (Swtpm::new(), Authority::new(P256));
    let folder = authority.folder.folder();
    let file = swtpm.client().create_key(kind, Parent::StorageRoot, None).unwrap();
    let path = authority.folder.write("key.pem", file.to_pem());
    let endpoint = swtpm.endpoint();
    let opened = Opener::new().with_tpm(&endpoint).open(&path.parse().unwrap()).unwrap();
    let request = CertificateRequest::sign("dev-01", &*opened.into_private_key().unwrap()).unwrap();
    authority.certify(&request.to_pem());
    authority.folder.write("chain.pem", authority.read("requested.pem") + &authority.read("between.pem"));
    for version in Version::BOTH {
        let server = Server::openssl(&authority, version);
        for points in [Point::Command, Point::Response, Point::ToServer, Point::ToProcess] {
            let killed = (0..MANY).take_while(|number| {
                let is_killed = kill_at(points(*number), &folder, &swtpm, server.address);
                // The next one works at once, whatever the killed one has left.
                connect(&folder, swtpm.endpoint(), server.address);
                assert!(swtpm.handles("transient").len() < 3, "{version:?} {:?}", points(*number));
                assert_eq!(swtpm.handles("loaded-session"), [""; 0]);
                is_killed
            });
            let killed = killed.count();
            assert!((1..MANY).contains(&killed), "{version:?} {:?}", points(killed));
        }
    }
}

#[test]
#[ignore = "needs swtpm and openssl, which `cargo xtask test` brings"]
fn a_process_with_an_ec_key_that_is_killed_anywhere_does_not_stop_the_next() {
    every_point_of_a_handshake(TpmKeyKind::P256);
}

#[test]
#[ignore = "needs swtpm and openssl, which `cargo xtask test` brings"]
fn a_process_with_an_rsa_key_that_is_killed_anywhere_does_not_stop_the_next() {
    every_point_of_a_handshake(TpmKeyKind::Rsa { bits: 2048 });
}
