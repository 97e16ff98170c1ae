use super::{Woken, cancelled};
use crate::socket::{Interrupt, Readiness};
use defender_auth::https::Cancel;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    time::{Duration, Instant},
};

/// A pair of sockets: a byte that is written to one ends a `poll` of the other.
#[derive(Debug)]
pub(crate) struct Bell {
    rope: UnixStream,
    clapper: UnixStream,
    cancel: Cancel,
}

impl Bell {
    pub(crate) fn new(cancel: &Cancel) -> io::Result<Self> {
        let (rope, clapper) = UnixStream::pair()?;
        rope.set_nonblocking(true)?;
        clapper.set_nonblocking(true)?;
        Ok(Self { rope, clapper, cancel: cancel.clone() })
    }

    /// Ends the present wait, or the next one. One `write` and nothing else, as a signal handler may do.
    pub(crate) fn ring(&self) {
        // It fails when there are many unread bytes, of which one is enough.
        let _ = (&self.rope).write(&[1]);
    }

    /// Waits for so long at most until there is something to read, or until the bell is rung.
    pub(crate) fn idle(&self, tcp: Option<&TcpStream>, limit: Duration) -> io::Result<Woken> {
        self.poll(tcp.map(|tcp| (tcp, PollFlags::IN)), limit)
    }

    fn poll(&self, tcp: Option<(&TcpStream, PollFlags)>, limit: Duration) -> io::Result<Woken> {
        let end = Instant::now().checked_add(limit);
        loop {
            let left = end.map_or(limit, |end| end.saturating_duration_since(Instant::now()));
            // One that no system can wait for is cut: the caller waits again.
            let left = Timespec::try_from(left.min(Duration::from_secs(86_400))).map_err(io::Error::other)?;
            let bell = PollFd::new(&self.clapper, PollFlags::IN);
            let mut both = match &tcp {
                Some((tcp, flags)) => vec![bell, PollFd::new(*tcp, *flags)],
                None => vec![bell],
            };
            match poll(&mut both, Some(&left)) {
                Err(Errno::INTR) => continue,
                polled => polled?,
            };
            let mut is_ready = both.iter().map(|fd| !fd.revents().is_empty());
            let (is_rung, is_ready) = (is_ready.next() == Some(true), is_ready.next() == Some(true));
            if is_rung {
                self.silence();
                return Ok(Woken::Rung);
            }
            return Ok(if is_ready { Woken::Ready } else { Woken::Passed });
        }
    }

    fn silence(&self) {
        let mut bytes = [0; 64];
        while (&self.clapper).read(&mut bytes).is_ok_and(|read| read == bytes.len()) {}
    }
}

impl Interrupt for Bell {
    fn connect(&self, address: &SocketAddr, limit: Duration) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(*address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        match socket.connect(&(*address).into()) {
            Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => return Err(error),
            _ => {}
        }
        let tcp = TcpStream::from(socket);
        self.wait(&tcp, Readiness::Writable, limit)?;
        if let Some(error) = tcp.take_error()? {
            return Err(error);
        }
        tcp.set_nonblocking(false)?;
        Ok(tcp)
    }

    fn wait(&self, tcp: &TcpStream, until: Readiness, limit: Duration) -> io::Result<()> {
        let flags = match until {
            Readiness::Readable => PollFlags::IN,
            Readiness::Writable => PollFlags::OUT,
        };
        let end = Instant::now().checked_add(limit);
        loop {
            if self.cancel.is_cancelled() {
                return Err(cancelled());
            }
            let left = end.map_or(limit, |end| end.saturating_duration_since(Instant::now()));
            match self.poll(Some((tcp, flags)), left)? {
                Woken::Ready => return Ok(()),
                Woken::Passed if end.is_none_or(|end| Instant::now() >= end) => return Err(ErrorKind::TimedOut.into()),
                // What was ordered is found after this connection was used.
                Woken::Rung | Woken::Passed => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, sync::Arc, thread};

    const LONG: Duration = Duration::from_secs(60);

    fn bell() -> (Arc<Bell>, Cancel) {
        let cancel = Cancel::new();
        (Arc::new(Bell::new(&cancel).unwrap()), cancel)
    }

    #[test]
    fn a_bell_that_was_rung_before_a_wait_ends_that_wait_alone() {
        let (bell, _) = bell();
        (0..100).for_each(|_| bell.ring());
        assert_eq!(bell.idle(None, LONG).unwrap(), Woken::Rung);
        assert_eq!(bell.idle(None, Duration::ZERO).unwrap(), Woken::Passed);
    }

    #[test]
    fn a_bell_that_is_not_heard_never_blocks_the_ringing_thread() {
        let (bell, _) = bell();
        (0..100_000).for_each(|_| bell.ring());
        assert_eq!(bell.idle(None, LONG).unwrap(), Woken::Rung);
    }

    #[test]
    fn a_wait_ends_when_another_thread_rings() {
        let (bell, _) = bell();
        let other = Arc::clone(&bell);
        let ringer = thread::spawn(move || other.ring());
        assert_eq!(bell.idle(None, LONG).unwrap(), Woken::Rung);
        ringer.join().unwrap();
    }

    #[test]
    fn a_connection_that_is_used_ends_with_a_cancellation_and_not_with_another_ring() {
        let (bell, cancel) = bell();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = bell.connect(&listener.local_addr().unwrap(), LONG).unwrap();
        bell.ring();
        let error = bell.wait(&tcp, Readiness::Readable, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let other = Arc::clone(&bell);
        let canceller = thread::spawn(move || {
            cancel.cancel();
            other.ring();
        });
        let error = bell.wait(&tcp, Readiness::Readable, LONG).unwrap_err();
        assert!(error.to_string().contains("cancelled"), "{error}");
        canceller.join().unwrap();
    }

    #[test]
    fn a_connection_that_is_refused_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(bell().0.connect(&address, LONG).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
}
