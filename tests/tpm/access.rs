//! The ways to a TPM: sockets that misbehave, devices that are none.

use crate::scratch::Scratch;
use defender_auth::{
    error::{AccessProblem, TpmError},
    key::KeyUse,
    tpm::{self, Connection, Endpoint, RESPONSE_LIMIT, Tpm as _, TpmClient, Transport as _},
};
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::net::{UnixListener, UnixStream},
    thread,
    time::{Duration, Instant},
};

const COMMAND: [u8; 12] = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0];
const ANSWER: [u8; 10] = [0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0];

/// Somebody behind a socket who does this with one connection.
fn somebody(scratch: &Scratch, serve: impl FnOnce(UnixStream) + Send + 'static) -> Endpoint {
    let path = scratch.path("s");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    Endpoint::Socket(path)
}

/// Somebody who takes a command and answers with these pieces.
fn answering(scratch: &Scratch, pieces: Vec<Vec<u8>>) -> Endpoint {
    somebody(scratch, move |mut stream| {
        stream.read_exact(&mut [0; COMMAND.len()]).unwrap();
        for piece in pieces {
            stream.write_all(&piece).unwrap();
            thread::yield_now();
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // The rest is taken, so that the end is no reset.
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

fn exchange(connection: &mut Connection) -> Result<Vec<u8>, AccessProblem> {
    let mut response = vec![0; RESPONSE_LIMIT];
    let length = connection.exchange(&COMMAND, &mut response).map_err(|error| error.problem)?;
    Ok(response[..length].into())
}

#[test]
fn an_answer_in_pieces_is_put_together() {
    let scratch = Scratch::new();
    let pieces = ANSWER.iter().map(|byte| vec![*byte]).collect();
    let mut connection = Connection::open(&answering(&scratch, pieces)).unwrap();
    assert_eq!(exchange(&mut connection), Ok(ANSWER.into()));
}

#[test]
fn an_answer_that_is_cut_or_wrong_breaks_the_connection() {
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
        assert_eq!(exchange(&mut connection), Err(AccessProblem::Broken), "nothing out of step is ever read");
    }
}

#[test]
fn an_answer_of_the_greatest_length_is_read() {
    let scratch = Scratch::new();
    let mut answer = vec![0; RESPONSE_LIMIT];
    answer[..10].copy_from_slice(&[0x80, 1, 0, 0, 0x10, 0, 0, 0, 0, 0]);
    let mut connection = Connection::open(&answering(&scratch, vec![answer.clone()])).unwrap();
    assert_eq!(exchange(&mut connection), Ok(answer));
}

#[test]
fn a_busy_tpm_is_left_alone_for_a_moment() {
    let scratch = Scratch::new();
    let mut connection = Connection::open(&answering(&scratch, vec![])).unwrap();
    let begin = Instant::now();
    connection.pause(1);
    assert!(begin.elapsed() >= Duration::from_millis(10));
}

#[test]
fn somebody_who_says_nothing_is_left_after_a_while() {
    let scratch = Scratch::new();
    let endpoint = somebody(&scratch, |mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut connection = Connection::open_within(&endpoint, Duration::from_millis(20)).unwrap();
    assert_eq!(exchange(&mut connection), Err(AccessProblem::TimedOut));
    assert_eq!(exchange(&mut connection), Err(AccessProblem::Broken));
}

#[test]
fn tcp_carries_the_same_bytes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.read_exact(&mut [0; COMMAND.len()]).unwrap();
        stream.write_all(&ANSWER).unwrap();
    });
    let endpoint = format!("swtpm:host=127.0.0.1,port={port}").parse().unwrap();
    assert_eq!(exchange(&mut Connection::open(&endpoint).unwrap()), Ok(ANSWER.into()));
    server.join().unwrap();
    let error = Connection::open(&endpoint).unwrap_err();
    assert_eq!((error.problem, error.place), (AccessProblem::Refused, format!("127.0.0.1:{port}")));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let scratch = Scratch::new();
    let file = scratch.write("file", "precious");
    // A socket that nobody listens at any more.
    let dead = scratch.path("dead");
    drop(UnixListener::bind(&dead).unwrap());
    for (endpoint, expected) in [
        (Endpoint::Device(scratch.path("none")), AccessProblem::NotFound),
        (Endpoint::Socket(scratch.path("none")), AccessProblem::NotFound),
        (Endpoint::Socket(dead), AccessProblem::Refused),
        (Endpoint::Device(file.clone()), AccessProblem::NotADevice),
        (Endpoint::Device(scratch.folder()), AccessProblem::NotADevice),
    ] {
        let TpmError::Access(error) = tpm::open(&endpoint).unwrap_err() else { panic!() };
        assert_eq!(error.problem, expected, "{endpoint}");
    }
    assert_eq!(std::fs::read(file).unwrap(), b"precious", "nothing is written into a file");
}

#[test]
fn a_device_that_is_no_tpm_is_found_out() {
    for (path, expected) in [("/dev/null", AccessProblem::Closed), ("/dev/zero", AccessProblem::Frame)] {
        let mut tpm = TpmClient::new(Connection::open(&Endpoint::Device(path.into())).unwrap());
        let TpmError::Access(error) = tpm.sign(KeyUse::Hub, b"x").unwrap_err() else { panic!() };
        assert_eq!((error.place.as_str(), error.problem), (path, expected));
    }
}
