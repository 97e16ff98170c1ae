//! What a client sends, from a stream whose reads end after a moment.

use std::{
    io::{self, ErrorKind, Read},
    time::Instant,
};

/// Receives some more bytes. `false` when none will come: the client has closed the connection, nothing came before `deadline`,
/// or the server stops.
pub(crate) fn receive(
    stream: &mut impl Read,
    buffer: &mut Vec<u8>,
    stops: impl Fn() -> bool,
    deadline: Instant,
) -> io::Result<bool> {
    let mut chunk = [0; 8192];
    loop {
        if stops() || Instant::now() >= deadline {
            return Ok(false);
        }
        match stream.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(count) => {
                buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
                return Ok(true);
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}
