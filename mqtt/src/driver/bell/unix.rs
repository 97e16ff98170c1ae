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
