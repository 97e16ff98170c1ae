//! The access to a TPM: sockets with malformed responses.

use defender_auth::{
    error::AccessProblem,
    tpm::{Connection, Endpoint, RESPONSE_LIMIT, Transport as _},
};
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

const COMMAND: [u8; 12] = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0];
const ANSWER: [u8; 10] = [0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0];

/// A server that serves one connection like this. The tests with swtpm connect to Unix sockets.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    Endpoint::Tcp { host: "127.0.0.1".into(), port }
}

/// A server that reads a command and responds with these pieces.
fn answering(pieces: Vec<Vec<u8>>) -> Endpoint {
    server(move |mut stream| {
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
    let pieces = ANSWER.iter().map(|byte| vec![*byte]).collect();
    let mut connection = Connection::open(&answering(pieces)).unwrap();
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
        let mut connection = Connection::open(&answering(pieces.clone())).unwrap();
        assert_eq!(exchange(&mut connection), Err(expected), "{pieces:?}");
        assert_eq!(exchange(&mut connection), Err(AccessProblem::Broken), "no response is read for another command");
    }
}

#[test]
fn a_response_of_the_greatest_length_is_read() {
    let mut answer = vec![0; RESPONSE_LIMIT];
    answer[..10].copy_from_slice(&[0x80, 1, 0, 0, 0x10, 0, 0, 0, 0, 0]);
    let mut connection = Connection::open(&answering(vec![answer.clone()])).unwrap();
    assert_eq!(exchange(&mut connection), Ok(answer));
}

#[test]
fn a_command_to_a_busy_tpm_is_sent_again_after_a_pause() {
    let mut connection = Connection::open(&answering(vec![])).unwrap();
    let begin = Instant::now();
    connection.pause(1);
    assert!(begin.elapsed() >= Duration::from_millis(10));
}

#[test]
fn a_missing_response_ends_the_connection_at_the_time_limit() {
    let endpoint = server(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut connection = Connection::open_within(&endpoint, Duration::from_millis(20)).unwrap();
    assert_eq!(exchange(&mut connection), Err(AccessProblem::TimedOut));
    assert_eq!(exchange(&mut connection), Err(AccessProblem::Broken));
}

#[test]
fn a_refused_connection_is_reported_with_its_address() {
    // An address of its own: no other test takes the port when it is free again.
    let port = TcpListener::bind("127.0.93.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("swtpm:host=127.0.93.1,port={port}").parse().unwrap();
    let error = Connection::open(&endpoint).unwrap_err();
    assert_eq!((error.problem, error.place), (AccessProblem::Refused, format!("127.0.93.1:{port}")));
}
