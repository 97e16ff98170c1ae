//! One connection of the admin API.

use super::{
    desk::Desk,
    reply::{Failure, Reply},
};
use crate::{
    answer::phrase,
    http::{Head, parse, receive},
    server::Emulator,
    wire::PATIENCE,
};
use std::{
    io::{self, Write as _},
    net::{IpAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// How often a waiting connection checks whether to stop.
const TICK: Duration = Duration::from_millis(100);

/// How long a connection may be without a request.
const IDLE: Duration = Duration::from_secs(60);

/// What a browser may load for the page: nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) fn serve(mut stream: TcpStream, emulator: &Emulator, stop: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TICK))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut buffer = Vec::new();
    let stops = || stop.load(Ordering::SeqCst);
    loop {
        let deadline = Instant::now() + IDLE;
        let (head, length) = loop {
            match parse(&buffer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) if receive(&mut stream, &mut buffer, stops, deadline)? => {}
                Ok(None) => return Ok(()),
                Err((status, reason)) => return unfit(&mut stream, status, reason),
            }
        };
        buffer.drain(..length);
        if head.waits {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let (body, end) = loop {
            match head.body.read(&buffer) {
                Ok(Some(body)) => break body,
                Ok(None) if receive(&mut stream, &mut buffer, stops, deadline)? => {}
                Ok(None) => return Ok(()),
                Err((status, reason)) => return unfit(&mut stream, status, reason),
            }
        };
        buffer.drain(..end);
        let answered = match check_origin(&head) {
            Ok(()) => Desk { emulator, stop, head: &head, body: &body }.answer(),
            Err(failure) => Err(failure),
        };
        send(&mut stream, &answered.unwrap_or_else(|failure| Reply::failed(&failure)), head.closes)?;
        if head.closes {
            return Ok(());
        }
    }
}

/// Refuses requests that a page of another site has a browser send: those for a name of the Internet, which may lead here, and
/// changes with the origin of another site.
fn check_origin(head: &Head) -> Result<(), Failure> {
    let host = head.host.trim_start_matches('[').trim_end_matches(']');
    let is_own = !host.contains('.') || host.parse::<IpAddr>().is_ok() || host.ends_with(".localhost");
    let origin = head.origin.as_deref().and_then(|origin| origin.strip_prefix("http://"));
    if !is_own {
        return Err(Failure(403, "the Host header is neither an address nor a local name".into()));
    }
    if head.origin.is_some() && origin != Some(head.authority.as_str()) {
        return Err(Failure(403, "the request comes from a page of another site".into()));
    }
    Ok(())
}

fn unfit(stream: &mut TcpStream, status: u16, reason: &str) -> io::Result<()> {
    send(stream, &Reply::failed(&Failure(status, reason.into())), true)
}

fn send(stream: &mut TcpStream, reply: &Reply, closes: bool) -> io::Result<()> {
    let Reply { status, content_type, body } = reply;
    let connection = if closes { "close" } else { "keep-alive" };
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: {connection}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: {POLICY}\r\n\r\n",
        phrase(*status),
        body.len()
    );
    stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())
}
