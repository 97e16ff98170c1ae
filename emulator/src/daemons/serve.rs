//! One connection to a daemon.

use super::{
    answer::{Answer, Asked, error},
    state::State,
};
use crate::{
    answer::phrase,
    base::one_version,
    http::{Head, parse, receive},
};
use percent_encoding::percent_decode_str;
use std::{
    io::{self, Write as _},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// How long a peer may take to send a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a connection that waits is checked.
const TICK: Duration = Duration::from_millis(50);

/// Serves a connection until its peer closes it.
pub(super) fn serve(
    mut stream: UnixStream,
    state: &State,
    name: &str,
    answer: impl Fn(&Asked<'_>) -> Answer,
) -> io::Result<()> {
    let uid = rustix::net::sockopt::socket_peercred(&stream)?.uid.as_raw();
    stream.set_read_timeout(Some(TICK))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut buffer = Vec::new();
    let stops = || state.stops();
    loop {
        let deadline = Instant::now() + PATIENCE;
        let (head, length) = loop {
            match parse(&buffer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) if receive(&mut stream, &mut buffer, stops, deadline)? => {}
                Ok(None) => return Ok(()),
                Err((status, reason)) => return send(&mut stream, &error(status, reason)),
            }
        };
        buffer.drain(..length);
        let (body, end) = loop {
            match head.body.read(&buffer) {
                Ok(Some(body)) => break body,
                Ok(None) if receive(&mut stream, &mut buffer, stops, deadline)? => {}
                Ok(None) => return Ok(()),
                Err((status, reason)) => return send(&mut stream, &error(status, reason)),
            }
        };
        let answer = decide(&head, &body, uid, &answer);
        state.note(&format!("{} {} at {name} by uid {uid}", head.method, head.path), answer.status);
        send(&mut stream, &answer)?;
        buffer.drain(..end);
        if head.closes {
            return Ok(());
        }
    }
}

fn decide(head: &Head, body: &[u8], uid: u32, answer: impl Fn(&Asked<'_>) -> Answer) -> Answer {
    let parts = head.path.strip_prefix('/').unwrap_or_default().split('/');
    let path: Option<Vec<String>> =
        parts.map(|part| percent_decode_str(part).decode_utf8().ok().map(Into::into)).collect();
    let Some(path) = path else { return error(400, "the path is not UTF-8") };
    answer(&Asked { method: &head.method, path: &path, version: one_version(&head.query), body, uid })
}

fn send(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    let (status, length) = (answer.status, answer.body.len());
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
        phrase(status)
    );
    stream.write_all([head.as_bytes(), answer.body.as_bytes()].concat().as_slice())
}
