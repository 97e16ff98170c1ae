//! A daemon that is busy, slow, away, or not one.

use crate::{
    running::{emulator, host, own_uid, workload},
    scratch::Scratch,
};
use core::time::Duration;
use defender_auth::{
    Error,
    error::{Code, DaemonProblem},
    identity_service::IdentityService,
    local_signer::{Client, Signer},
    workload::Workload,
};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    thread,
    time::Instant,
};

fn at(endpoint: &str) -> Workload {
    Workload::from_environment(|name| {
        Some(match name {
            "IOTEDGE_WORKLOADURI" => endpoint.into(),
            "IOTEDGE_MODULEID" => "m".into(),
            "IOTEDGE_MODULEGENERATIONID" => "1".into(),
            "IOTEDGE_DEVICEID" => "d".into(),
            "IOTEDGE_IOTHUBHOSTNAME" => "h.net".into(),
            _ => return None,
        })
    })
    .unwrap()
}

fn at_socket(path: &str) -> Workload {
    at(&format!("unix://{path}"))
}

fn bundle(workload: &Workload, limit: u64) -> Result<String, Error> {
    let client = Client::default().give_up_after(Duration::from_secs(limit));
    client.run(|now, limit| workload.trust_bundle(now, limit))
}

#[test]
fn more_than_ten_at_once_are_served_one_after_the_other() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let workload = workload(&host, "azureiotsecurity");
    let path = folder.path("mnt/azureiotsecurity.sock");
    // Ten that send nothing: a further one is closed without an answer.
    let mut idle: Vec<UnixStream> = (0..10).map(|_| UnixStream::connect(&path).unwrap()).collect();
    let mut eleventh = UnixStream::connect(&path).unwrap();
    assert_eq!(eleventh.read(&mut [0; 1]).unwrap_or(0), 0);
    let waiting = thread::spawn(move || Client::default().run(|now, limit| workload.trust_bundle(now, limit)));
    thread::sleep(Duration::from_millis(100));
    idle.clear();
    assert!(waiting.join().unwrap().is_ok());
}

#[test]
fn a_daemon_that_never_answers_ends_with_the_limit() {
    let folder = Scratch::new();
    let path = folder.path("s.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let begin = Instant::now();
    let error = bundle(&at_socket(&path), 2).unwrap_err();
    assert!(matches!(error.code(), Code::NoResponse | Code::OutOfTime), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_full_queue_ends_with_the_limit() {
    let folder = Scratch::new();
    let path = folder.path("s.sock");
    let listener = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    listener.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    listener.listen(0).unwrap();
    let _first = UnixStream::connect(&path).unwrap();
    let begin = Instant::now();
    assert!(bundle(&at_socket(&path), 2).is_err());
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn sockets_that_are_absent_closed_or_forbidden_are_told_apart() {
    let folder = Scratch::new();
    let path = folder.path("s.sock");
    let Err(Error::Daemon(error)) = bundle(&at_socket(&path), 2) else { panic!() };
    assert_eq!(error.problem, DaemonProblem::Absent);
    // Nobody listens any more.
    drop(UnixListener::bind(&path).unwrap());
    assert!(matches!(bundle(&at_socket(&path), 2).unwrap_err().code(), Code::NoResponse | Code::OutOfTime));
    // What is no socket.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "").unwrap();
    assert!(bundle(&at_socket(&path), 2).is_err());
    if own_uid() != 0 {
        fs::remove_file(&path).unwrap();
        let _listener = UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let Err(Error::Daemon(error)) = bundle(&at_socket(&path), 2) else { panic!() };
        assert_eq!(error.problem, DaemonProblem::Denied);
    }
}

/// Answers every connection with these bytes.
fn answer_with(listener: &UnixListener, bytes: &[u8]) {
    for stream in listener.incoming().take(8) {
        let Ok(mut stream) = stream else { return };
        let mut request = [0; 1024];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            let _ = stream.write_all(bytes);
        }
    }
}

fn bundle_of(bytes: &'static [u8]) -> Result<String, Error> {
    let folder = Scratch::new();
    let path = folder.path("s.sock");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || answer_with(&listener, bytes));
    bundle(&at_socket(&path), 2)
}

#[test]
fn an_answer_that_is_cut_is_none() {
    for bytes in
        [&b""[..], b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"certificate\"", b"\x16\x03\x01"]
    {
        let error = bundle_of(bytes).unwrap_err();
        assert!(matches!(error.code(), Code::NoResponse | Code::OutOfTime), "{error}");
    }
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"certificate\":\"PEM\"}";
    assert!(bundle_of(whole).is_err(), "the length cuts it");
    let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"certificate\":\"PEM\"}";
    assert_eq!(bundle_of(whole).unwrap(), "PEM");
    let chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n15\r\n{\"certificate\":\"PEM\"}\r\n0\r\n\r\n";
    assert_eq!(bundle_of(chunks).unwrap(), "PEM");
}

#[test]
fn a_redirect_is_not_followed() {
    let error =
        bundle_of(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").unwrap_err();
    assert!(error.to_string().contains("rejected the request with 302"), "{error}");
}

#[test]
fn old_hosts_have_a_port_instead_of_a_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"certificate\":\"PEM\"}").unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap()
    });
    assert_eq!(bundle(&at(&format!("http://{address}")), 10).unwrap(), "PEM");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("GET /trust-bundle?api-version=2020-07-07 HTTP/1.1\r\n"), "{asked}");
}

#[test]
fn a_signer_is_found_by_the_environment() {
    let (emulator, folder) = (emulator(), Scratch::new());
    let host = emulator.host(folder.folder(), host()).unwrap();
    let variables = host.environment("azureiotsecurity");
    let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let signer = Signer::find(value).unwrap().unwrap();
    assert_eq!(signer.daemon(), defender_auth::error::Daemon::Workload);
    assert!(Signer::find(|name| (name == "IOTEDGE_WORKLOADURI").then(|| "unix:///x".into())).is_err());
}

#[test]
fn an_identity_service_without_its_socket_is_an_error_and_no_wait() {
    let folder = Scratch::new();
    let begin = Instant::now();
    let service = IdentityService::in_folder(&folder.folder()).unwrap();
    assert_eq!(Signer::identity_service(service).unwrap_err().code(), Code::FileNotFound);
    assert!(begin.elapsed() < Duration::from_secs(5));
}
