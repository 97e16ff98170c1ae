//! What a process that signs sends: a hello, and answers.

use defender_auth::private_key::signing_protocol::{ANSWER_LIMIT, Answer, Hello, PUBLIC_KEY_LIMIT, Request};
use std::io::ErrorKind;

/// The bytes of a connection. Each message that is read is written with the same bytes, but for schemes that are unknown.
pub fn check(data: &[u8]) {
    requests(data);
    let mut rest = data;
    let Some(hello) = taken(Hello::read(&mut rest)) else { return answers(data) };
    assert!((1..=PUBLIC_KEY_LIMIT).contains(&hello.public_key.len()) && !hello.schemes.is_empty());
    let bytes = hello.to_bytes().expect("what was read can be written");
    let read = &data[..data.len() - rest.len()];
    assert!(bytes.len() <= read.len() && (bytes.len() < read.len() || bytes == read));
    assert_eq!(Hello::read(&mut bytes.as_slice()).expect("it is read again"), hello);
    answers(rest);
}

fn answers(mut rest: &[u8]) {
    while !rest.is_empty() {
        let before = rest;
        let Some(answer) = taken(Answer::read(&mut rest)) else { return };
        let bytes = answer.to_bytes().expect("what was read can be written");
        assert_eq!(bytes, before[..before.len() - rest.len()]);
        assert!(bytes.len() <= ANSWER_LIMIT + 3);
    }
}

/// The other direction, as a server of this library's types reads it.
fn requests(mut rest: &[u8]) {
    loop {
        let before = rest;
        let Some(Some(request)) = taken(Request::read(&mut rest)) else { return };
        let read = &before[..before.len() - rest.len()];
        assert_eq!(read[..2], request.scheme.to_be_bytes());
        assert_eq!(read[6..], request.message);
    }
}

/// What is not read is cut off, or not of the protocol.
fn taken<T>(read: std::io::Result<T>) -> Option<T> {
    read.map_err(|error| assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData), "{error}"))
        .ok()
}
