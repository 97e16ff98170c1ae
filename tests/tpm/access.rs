//! The access to a TPM: sockets with malformed responses, and paths that do not name a TPM.

use crate::scratch::Scratch;
use defender_auth::{
    error::{AccessProblem, FileKind, TpmError},
    tpm::{self, Connection, Endpoint, RESPONSE_LIMIT, Transport as _},
};
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::{
        fs::symlink,
        net::{UnixListener, UnixStream},
    },
    process::Command,
    thread,
    time::{Duration, Instant},
};

const COMMAND: [u8; 12] = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0];
const ANSWER: [u8; 10] = [0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0];

/// A server on a socket that serves one connection like this.
fn server(scratch: &Scratch, serve: impl FnOnce(UnixStream) + Send + 'static) -> Endpoint {
    let path = scratch.path("s");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    Endpoint::Socket(path)
}

/// A server that reads a command and responds with these pieces.
fn answering(scratch: &Scratch, pieces: Vec<Vec<u8>>) -> Endpoint {
    server(scratch, move |mut stream| {
        stream.read_exact(&mut [0; COMMAND.len()]).unwrap();
        for piece in pieces {
            stream.write_all(&piece).unwrap();
            thread::yield_now();
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // The rest is read, so that the connection is not reset.
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

fn exchange(connection: &mut Connection) -> Result<Vec<u8>, AccessProblem> {
    let mut response = vec![0; RESPONSE_LIMIT];
    let length = connection.exchange(&COMMAND, &mut response).map_err(|error| error.problem)?;
    Ok(response[..length].into())
}

#[test]
fn a_response_in_pieces_is_assembled() {
    let scratch = Scratch::new();
    let pieces = ANSWER.iter().map(|byte| vec![*byte]).collect();
    let mut connection = Connection::open(&answering(&scratch, pieces)).unwrap();
    assert_eq!(exchange(&mut connection), Ok(ANSWER.into()));
}

#[test]
fn a_truncated_or_malformed_response_ends_the_connection() {
    let sized = |size: u32| [&ANSWER[..2], &size.to_be_bytes(), &ANSWER[6..]].concat();
    for (pieces, expected) in [
        (vec![], AccessProblem::Closed),
        (vec![ANSWER[..7].to_vec()], AccessProblem::Closed),
        (vec![sized(11)], AccessProblem::Closed),
        (vec![sized(9)], AccessProblem::Frame),
        (vec![sized(0)], AccessProblem::Frame),
        (vec![sized(4097)], AccessProblem::Frame),
        (vec![sized(u32::MAX)], AccessProblem::Frame),
        (vec![[ANSWER, ANSWER].concat()], AccessProblem::Frame),
    ] {
        let scratch = Scratch::new();
        let mut connection = Connection::open(&answering(&scratch, pieces.clone())).unwrap();
        assert_eq!(exchange(&mut connection), Err(expected), "{pieces:?}");
        assert_eq!(exchange(&mut connection), Err(AccessProblem::Broken), "no response is read for another command");
    }
}

#[test]
fn a_response_of_the_greatest_length_is_read() {
    let scratch = Scratch::new();
    let mut answer = vec![0; RESPONSE_LIMIT];
    answer[..10].copy_from_slice(&[0x80, 1, 0, 0, 0x10, 0, 0, 0, 0, 0]);
    let mut connection = Connection::open(&answering(&scratch, vec![answer.clone()])).unwrap();
    assert_eq!(exchange(&mut connection), Ok(answer));
}

#[test]
fn a_command_to_a_busy_tpm_is_sent_again_after_a_pause() {
    let scratch = Scratch::new();
    let mut connection = Connection::open(&answering(&scratch, vec![])).unwrap();
    let begin = Instant::now();
    connection.pause(1);
    assert!(begin.elapsed() >= Duration::from_millis(10));
}

#[test]
fn a_missing_response_ends_the_connection_at_the_time_limit() {
    let scratch = Scratch::new();
    let endpoint = server(&scratch, |mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut connection = Connection::open_within(&endpoint, Duration::from_millis(20)).unwrap();
    assert_eq!(exchange(&mut connection), Err(AccessProblem::TimedOut));
    assert_eq!(exchange(&mut connection), Err(AccessProblem::Broken));
}

#[test]
fn tcp_carries_the_same_bytes() {
    // An address of its own: no other test takes the port when it is free again.
    let listener = TcpListener::bind("127.0.93.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.read_exact(&mut [0; COMMAND.len()]).unwrap();
        stream.write_all(&ANSWER).unwrap();
    });
    let endpoint = format!("swtpm:host=127.0.93.1,port={port}").parse().unwrap();
    assert_eq!(exchange(&mut Connection::open(&endpoint).unwrap()), Ok(ANSWER.into()));
    server.join().unwrap();
    let error = Connection::open(&endpoint).unwrap_err();
    assert_eq!((error.problem, error.place), (AccessProblem::Refused, format!("127.0.93.1:{port}")));
}

#[test]
fn a_path_that_cannot_be_opened_is_reported_with_its_type() {
    let scratch = Scratch::new();
    let file = scratch.write("file", "precious");
    let fifo = scratch.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // A socket without a listener.
    let dead = scratch.path("dead");
    drop(UnixListener::bind(&dead).unwrap());
    for (endpoint, expected) in [
        (Endpoint::Device(scratch.path("none")), AccessProblem::NotFound),
        (Endpoint::Socket(scratch.path("none")), AccessProblem::NotFound),
        (Endpoint::Socket(dead), AccessProblem::Refused),
        (Endpoint::Socket(format!("{file}/s")), AccessProblem::NotFound),
        (Endpoint::Device(file.clone()), AccessProblem::NotADevice(FileKind::Regular)),
        (Endpoint::Device(scratch.folder()), AccessProblem::NotADevice(FileKind::Directory)),
        (Endpoint::Device(scratch.path("dead")), AccessProblem::NotADevice(FileKind::Socket)),
        (Endpoint::Device(fifo.clone()), AccessProblem::NotADevice(FileKind::Fifo)),
        (Endpoint::Socket(file.clone()), AccessProblem::NotASocket(FileKind::Regular)),
        (Endpoint::Socket(scratch.folder()), AccessProblem::NotASocket(FileKind::Directory)),
        (Endpoint::Socket(fifo), AccessProblem::NotASocket(FileKind::Fifo)),
        (Endpoint::Socket("/dev/null".into()), AccessProblem::NotASocket(FileKind::CharacterDevice)),
    ] {
        let TpmError::Access(error) = tpm::open(&endpoint).unwrap_err() else { panic!() };
        assert_eq!(error.problem, expected, "{endpoint}");
    }
    assert_eq!(std::fs::read(file).unwrap(), b"precious", "nothing is written into a file");
}

/// Whatever its name is: `cli/tests/command/tpm_handles.rs` shows that it is not opened.
#[test]
fn a_device_of_another_kind_is_not_taken_for_a_tpm() {
    let scratch = Scratch::new();
    let named = scratch.path("tpm0");
    symlink("/dev/zero", &named).unwrap();
    for path in ["/dev/null", "/dev/zero", "/dev/tty", &named] {
        let TpmError::Access(error) = tpm::open(&Endpoint::Device(path.into())).unwrap_err() else { panic!() };
        assert_eq!(
            (error.place.as_str(), &error.problem),
            (path, &AccessProblem::NotADevice(FileKind::CharacterDevice))
        );
        let words = "it is a character device of another kind, not the device of a TPM, and was not opened";
        assert!(error.to_string().contains(words), "{error}");
    }
}
