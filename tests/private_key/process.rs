//! A key in another process: the reference server, and processes that are slow, dead, restarted or wrong.

use crate::{Scratch, signing_server};
use defender_auth::{
    Error,
    credential::CertificateRequest,
    error::{Code, ErrorKind},
    key::{PrivateKey as _, SignatureScheme},
    private_key::{
        Location, MemoryKey, OpenedKey, Opener, ProcessKey,
        signing_protocol::{Hello, Request},
    },
    x509::{self, Curve},
};
use std::{
    env, fs,
    io::{Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

const P256: SignatureScheme = SignatureScheme::EcdsaP256Sha256;
/// For processes that never answer.
const SHORT: Duration = Duration::from_millis(300);

fn new_key() -> x509::PrivateKey {
    x509::PrivateKey::generate(Curve::P256).unwrap()
}

/// The reference server in a process of its own, which ends with the test.
struct Process(Child);

impl Process {
    /// Runs this program again, as the server.
    fn start(folder: &Scratch) -> Self {
        let _ = fs::remove_file(folder.path("s"));
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["process::serves_in_a_process_of_its_own", "--exact", "--ignored"]);
        command
            .env("SIGNING_PROCESS", folder.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = Self(command.spawn().unwrap());
        for _ in 0..2000 {
            if UnixStream::connect(folder.path("s")).is_ok() {
                return process;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("the process does not listen");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "is the server of other tests"]
fn serves_in_a_process_of_its_own() {
    let Ok(folder) = env::var("SIGNING_PROCESS") else { return };
    let key = signing_server::read(&Path::new(&folder).join("key.pem")).unwrap();
    let listener = signing_server::listen(&Path::new(&folder).join("s")).unwrap();
    signing_server::serve(&listener, &Arc::new(key)).unwrap();
}

fn folder_with(key: &x509::PrivateKey) -> Scratch {
    let folder = Scratch::new();
    folder.write("key.pem", key.to_pem().expose());
    folder
}

#[test]
fn the_reference_server_signs() {
    let key = new_key();
    let folder = folder_with(&key);
    let _process = Process::start(&folder);
    let mode = fs::metadata(folder.path("s")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let signer = ProcessKey::connect(folder.path("s")).unwrap();
    assert_eq!(signer.public_key(), MemoryKey::new(&key).unwrap().public_key());
    assert_eq!(signer.schemes(), [P256]);
    // The request is verified by others in `requests`; its signature is one of this key.
    for message in [&b""[..], b"hello", &vec![7; 262_144]] {
        assert!(!signer.sign(P256, message).unwrap().is_empty());
    }
    CertificateRequest::sign("dev-01", &signer).unwrap();
    let error = signer.sign(SignatureScheme::RsaPssSha256, b"").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("own schemes"), "{error}");
    let error = signer.sign(P256, &vec![7; 262_145]).unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("262144 bytes"), "{error}");
    assert_eq!(format!("{signer:?}"), format!("the signing process at {}", folder.path("s")));
}

#[test]
fn a_process_that_was_killed_and_restarted_signs_again() {
    let folder = folder_with(&new_key());
    let process = Process::start(&folder);
    let signer = ProcessKey::connect(folder.path("s")).unwrap();
    assert!(signer.sign(P256, b"hello").is_ok());
    drop(process);
    for _ in 0..2 {
        let error = signer.sign(P256, b"hello").unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("start it"), "{error}");
    }
    let process = Process::start(&folder);
    assert!(signer.sign(P256, b"hello").is_ok());
    drop(process);
    let _process = Process::start(&folder);
    assert!(signer.sign(P256, b"hello").is_ok(), "without an attempt between");
}

#[test]
fn another_key_after_a_restart_does_not_sign() {
    let folder = folder_with(&new_key());
    let process = Process::start(&folder);
    let signer = ProcessKey::connect(folder.path("s")).unwrap();
    drop(process);
    folder.write("key.pem", new_key().to_pem().expose());
    let _process = Process::start(&folder);
    let error = signer.sign(P256, b"hello").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("another key"), "{error}");
}

#[test]
fn signatures_at_the_same_time_use_connections_of_their_own() {
    let folder = folder_with(&new_key());
    let _process = Process::start(&folder);
    let signer = ProcessKey::connect(folder.path("s")).unwrap();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..20).for_each(|_| drop(signer.sign(P256, b"hello").unwrap())));
        }
    });
}

/// A process that behaves as the test says, connection by connection.
fn scripted(folder: &Scratch, mut act: impl FnMut(usize, UnixStream) + Send + 'static) {
    let _ = fs::remove_file(folder.path("s"));
    let listener = UnixListener::bind(folder.path("s")).unwrap();
    thread::spawn(move || {
        // Ends with the test program: it waits for connections only.
        for (number, stream) in listener.incoming().flatten().enumerate() {
            act(number, stream);
        }
    });
}

/// The hello of a key that nobody has.
fn hello() -> Vec<u8> {
    Hello { public_key: vec![0x30, 1, 7], schemes: vec![P256] }.to_bytes().unwrap()
}

/// A connection to a process that says hello and answers each request with these bytes.
fn answering(folder: &Scratch, answer: &'static [u8]) -> ProcessKey {
    scripted(folder, move |_, mut stream| {
        thread::spawn(move || {
            stream.write_all(&hello()).unwrap();
            while let Ok(Some(_)) = Request::read(&mut stream) {
                let _ = stream.write_all(answer);
            }
        });
    });
    ProcessKey::connect_within(folder.path("s"), Duration::from_secs(30)).unwrap()
}

/// With a limit within which the process says hello sooner or later.
fn connect_within(folder: &Scratch, limit: Duration) -> ProcessKey {
    let connect = |_| ProcessKey::connect_within(folder.path("s"), limit).ok();
    (0..100).find_map(connect).unwrap_or_else(|| panic!("the process sends no greeting"))
}

#[test]
fn a_slow_process_is_left_after_the_time_limit() {
    let folder = Scratch::new();
    let mut held = Vec::new();
    scripted(&folder, move |_, mut stream| {
        let _ = stream.write_all(&hello());
        held.push(stream);
    });
    let signer = connect_within(&folder, SHORT);
    // The second one is made over a new connection, because an answer to the first may still come over the old one.
    for _ in 0..3 {
        let began = Instant::now();
        let error = signer.sign(P256, b"hello").unwrap_err();
        assert!(error.is_retryable() && error.to_string().contains("within 300 ms"), "{error}");
        assert!(began.elapsed() >= SHORT);
    }
}

#[test]
fn a_process_that_sends_byte_by_byte_does_not_extend_the_limit() {
    let folder = Scratch::new();
    scripted(&folder, |_, mut stream| {
        thread::spawn(move || {
            let _ = stream.write_all(&hello());
            let _ = stream.write_all(&[0, 8, 0]);
            // Each byte comes within the limit, and all of them do not.
            while stream.write_all(&[7]).is_ok() {
                thread::sleep(SHORT / 10);
            }
        });
    });
    let signer = connect_within(&folder, SHORT * 3);
    let error = signer.sign(P256, b"hello").unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("within 900 ms"), "{error}");
}

#[test]
fn a_process_that_reads_nothing_does_not_hold_a_large_message() {
    let folder = Scratch::new();
    let mut held = Vec::new();
    scripted(&folder, move |_, mut stream| {
        let _ = stream.write_all(&hello());
        held.push(stream);
    });
    let signer = connect_within(&folder, SHORT);
    let error = signer.sign(P256, &vec![7; 262_144]).unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("within 300 ms"), "{error}");
}

#[test]
fn a_process_that_accepts_no_connection_does_not_hold_the_client() {
    let folder = Scratch::new();
    let _listener = UnixListener::bind(folder.path("s")).unwrap();
    let error = ProcessKey::connect_within(folder.path("s"), SHORT).unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("within 300 ms"), "{error}");
    // Once the queue is full.
    let mut queue = Vec::new();
    let mut last = error;
    for _ in 0..10_000 {
        if last.to_string().contains("others wait") {
            break;
        }
        queue.push(ProcessKey::connect_within(folder.path("s"), Duration::ZERO).map(drop));
        last = queue.pop().unwrap().unwrap_err();
    }
    assert!(last.is_retryable() && last.to_string().contains("others wait already"), "{last}");
}

#[test]
fn what_is_not_an_answer_is_refused() {
    for (answer, reason) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "status is none"),
        (&[0, 0xff, 0xff], "longer than 2048"),
        (&[1, 0, 1, 0xff], "not UTF-8"),
    ] {
        let folder = Scratch::new();
        let error = answering(&folder, answer).sign(P256, b"hello").unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn what_is_not_a_hello_is_refused() {
    for (hello, reason) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "another version"),
        (&[2, 0, 1, 7, 1, 4, 3], "another version"),
        (&[1, 0, 0, 1, 4, 3], "public key is empty"),
        (&[1, 0xff, 0xff], "longer than 2048"),
        (&[1, 0, 1, 7, 1, 8, 7], "no signature scheme"),
    ] {
        let folder = Scratch::new();
        scripted(&folder, move |_, mut stream| drop(stream.write_all(hello)));
        let error = ProcessKey::connect_within(folder.path("s"), Duration::from_secs(30)).unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains(reason), "{error}");
    }
    // Cut off.
    let folder = Scratch::new();
    scripted(&folder, |_, mut stream| drop(stream.write_all(&[1, 0, 9])));
    let error = ProcessKey::connect_within(folder.path("s"), Duration::from_secs(30)).unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("ended the connection"), "{error}");
}

#[test]
fn the_reasons_of_the_process_are_told_on_one_line() {
    let folder = Scratch::new();
    let error = answering(&folder, b"\x01\0\x08busy\n\x1b[m").sign(P256, b"hello").unwrap_err();
    assert!(error.is_retryable() && error.to_string().ends_with(r"cannot sign now: busy\n\u{1b}[m"), "{error}");
    let folder = Scratch::new();
    let error = answering(&folder, b"\x02\0\x06locked").sign(P256, b"hello").unwrap_err();
    assert!(!error.is_retryable() && error.to_string().ends_with("does not sign: locked"), "{error}");
}

#[test]
fn what_comes_after_an_answer_is_not_taken_for_the_next_one() {
    let folder = Scratch::new();
    let signer = answering(&folder, &[0, 0, 1, 1, 0, 0, 1, 2]);
    for _ in 0..3 {
        assert_eq!(signer.sign(P256, b"hello").unwrap(), [1]);
        // The surplus is in the socket before the next request, as both were written at once.
    }
}

#[test]
fn a_request_is_sent_again_once_when_the_connection_ended() {
    let folder = Scratch::new();
    scripted(&folder, |number, mut stream| {
        stream.write_all(&hello()).unwrap();
        // The first two connections end after a request, and in the middle of an answer.
        let Ok(Some(_)) = Request::read(&mut stream) else { return };
        if number == 1 {
            stream.write_all(&[0, 0, 2, 1]).unwrap();
        } else if number > 1 {
            stream.write_all(&[0, 0, 1, 1]).unwrap();
        }
    });
    let signer = ProcessKey::connect_within(folder.path("s"), Duration::from_secs(30)).unwrap();
    let error = signer.sign(P256, b"hello").unwrap_err();
    assert!(error.is_retryable() && error.to_string().contains("ended the connection"), "{error}");
    assert_eq!(signer.sign(P256, b"hello").unwrap(), [1]);
}

#[test]
fn what_is_not_a_socket_is_told_by_its_reason() {
    let folder = Scratch::new();
    let connect = |path: &str| ProcessKey::connect(path).unwrap_err();
    let error = connect(&folder.path("nothing"));
    assert!(error.is_retryable() && error.to_string().contains("start it, or check the path"), "{error}");
    let error = connect(&folder.write("file", "text"));
    assert!(!error.is_retryable() && error.to_string().contains("not a socket"), "{error}");
    drop(UnixListener::bind(folder.path("left")).unwrap());
    let error = connect(&folder.path("left"));
    assert!(error.is_retryable() && error.to_string().contains("start it"), "{error}");
    assert!(!connect(&folder.path(&"x".repeat(120))).to_string().is_empty());
}

#[test]
fn a_connection_of_a_client_that_sends_nonsense_ends() {
    let folder = folder_with(&new_key());
    let _process = Process::start(&folder);
    let mut stream = UnixStream::connect(folder.path("s")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let hello = Hello::read(&mut stream).unwrap();
    // A scheme that does not exist, and then a message without an end.
    stream.write_all(&[0xff, 0xff, 0, 0, 0, 1, 7]).unwrap();
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer[0], 2);
    stream.read_exact(&mut vec![0; u16::from_be_bytes([answer[1], answer[2]]).into()]).unwrap();
    stream.write_all(&[4, 3, 0xff, 0xff, 0xff, 0xff]).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(hello.schemes, [P256]);
    // Others are not disturbed.
    assert!(ProcessKey::connect(folder.path("s")).unwrap().sign(P256, b"hello").is_ok());
}

/// By its name.
fn open(socket: &str) -> Result<OpenedKey, Error> {
    Opener::new().open(&format!("unix:{socket}").parse::<Location>()?)
}

#[test]
fn a_key_in_a_process_signs_by_its_name() {
    let scratch = Scratch::new();
    let listener = signing_server::listen(scratch.path("s").as_ref()).unwrap();
    let key = Arc::new(MemoryKey::new(&new_key()).unwrap());
    thread::spawn(move || signing_server::serve(&listener, &key));
    let opened = open(&scratch.path("s")).unwrap();
    assert!(opened.in_memory_of_process().is_none());
    let request = CertificateRequest::sign("dev-01", &*opened.into_private_key().unwrap()).unwrap();
    assert!(!request.as_der().is_empty());
}

#[test]
fn a_process_that_is_away_may_come_back() {
    let scratch = Scratch::new();
    let error = open(&scratch.path("s")).unwrap_err();
    assert_eq!((error.code(), error.kind(), error.is_retryable()), (Code::PrivateKey, ErrorKind::PrivateKey, true));
    assert!(error.to_string().contains(&scratch.path("s")), "{error}");
    // A socket whose process has ended.
    drop(UnixListener::bind(scratch.path("s")).unwrap());
    assert!(open(&scratch.path("s")).unwrap_err().is_retryable());
    fs::remove_file(scratch.path("s")).unwrap();
}
