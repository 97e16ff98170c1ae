use super::{Woken, cancelled};
use crate::socket::{Interrupt, Readiness};
use defender_auth::https::Cancel;
use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpStream},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

/// How often a wait looks whether it is to end, where nothing can end it.
const SLICE: Duration = Duration::from_millis(200);

/// A flag.
#[derive(Debug)]
pub(crate) struct Bell {
    rung: AtomicBool,
    cancel: Cancel,
}

impl Bell {
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
    pub(crate) fn new(cancel: &Cancel) -> io::Result<Self> {
        Ok(Self { rung: AtomicBool::new(false), cancel: cancel.clone() })
    }

    /// Ends the present wait, or the next one.
    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::Release);
    }

    /// Waits for so long at most until there is something to read, or until the bell is rung.
    pub(crate) fn idle(&self, tcp: Option<&TcpStream>, limit: Duration) -> io::Result<Woken> {
        let end = Instant::now().checked_add(limit);
        loop {
            if self.rung.swap(false, Ordering::AcqRel) {
                return Ok(Woken::Rung);
            }
            let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
            let slice = left.min(SLICE).max(Duration::from_millis(1));
            match tcp {
                None => thread::sleep(slice),
                Some(tcp) => {
                    tcp.set_read_timeout(Some(slice))?;
                    match tcp.peek(&mut [0]) {
                        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                        // An error, too, is what the next read says.
                        _ => return Ok(Woken::Ready),
                    }
                }
            }
            if left.is_zero() {
                return Ok(Woken::Passed);
            }
        }
    }
}

impl Interrupt for Bell {
    /// In a thread of its own: nothing ends an attempt before its limit, so that a cancellation leaves it to end there.
    fn connect(&self, address: &SocketAddr, limit: Duration) -> io::Result<TcpStream> {
        let (sender, connected) = mpsc::channel();
        let address = *address;
        let connect = move || sender.send(TcpStream::connect_timeout(&address, limit));
        thread::Builder::new().name("connect".into()).spawn(connect)?;
        loop {
            if self.cancel.is_cancelled() {
                return Err(cancelled());
            }
            match connected.recv_timeout(SLICE) {
                Ok(connected) => return connected,
                Err(RecvTimeoutError::Timeout) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }

    fn wait(&self, tcp: &TcpStream, until: Readiness, limit: Duration) -> io::Result<()> {
        let end = Instant::now().checked_add(limit);
        loop {
            if self.cancel.is_cancelled() {
                return Err(cancelled());
            }
            let left = end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
            // A write has a limit of its own.
            if until == Readiness::Writable {
                return Ok(());
            }
            tcp.set_read_timeout(Some(left.min(SLICE).max(Duration::from_millis(1))))?;
            match tcp.peek(&mut [0]) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => return Ok(()),
            }
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }
}
