use super::limits::{Limits, SLICE};
use core::time::Duration;
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::Instant,
};
use ureq::{
    Error, Timeout,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, time::Duration as Span,
    },
};

/// How often a connection that is being established is checked.
const PAUSE: Duration = Duration::from_millis(20);

/// Connections that check every [`SLICE`] whether the run is to end.
///
/// ureq's own can be ended only from another thread, by calls that a signal handler must not make.
#[derive(Debug)]
pub(super) struct Tcp {
    pub(super) limits: Limits,
}

impl<In: Transport> Connector<In> for Tcp {
    type Out = Either<In, Stream>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        if let Some(tunnel) = chained {
            return Ok(Some(Either::A(tunnel)));
        }
        let socket = self.reach(details)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_read_timeout(Some(SLICE))?;
        socket.set_write_timeout(Some(SLICE))?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Either::B(Stream { socket: socket.into(), buffers, limits: self.limits.clone() })))
    }
}

impl Tcp {
    /// Connects to the first address that answers. Each gets an equal part of the time that is left.
    fn reach(&self, details: &ConnectionDetails<'_>) -> Result<Socket, Error> {
        let whole = Work::new(&self.limits, details.timeout);
        let mut result = Err(Error::HostNotFound);
        for (address, untried) in details.addrs.iter().zip((1..=details.addrs.len()).rev()) {
            result = connect(*address, &whole.part(untried));
            if result.is_ok() || whole.go_on().is_err() {
                break;
            }
        }
        result
    }
}

fn connect(address: SocketAddr, work: &Work<'_>) -> Result<Socket, Error> {
    work.go_on()?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    match socket.connect_timeout(&address.into(), SLICE) {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
        result => return Ok(result.map(|()| socket)?),
    }
    // The system goes on with it. Another call would start again, which never succeeds on a slow network.
    loop {
        if let Some(error) = socket.take_error()? {
            return Err(error.into());
        }
        if socket.peer_addr().is_ok() {
            return Ok(socket);
        }
        work.go_on()?;
        thread::sleep(PAUSE);
    }
}

/// An operation and its time limit.
struct Work<'a> {
    limits: &'a Limits,
    end: Option<Instant>,
    reason: Timeout,
}

impl<'a> Work<'a> {
    fn new(limits: &'a Limits, timeout: NextTimeout) -> Self {
        let end = match timeout.after {
            Span::Exact(span) => Instant::now().checked_add(span),
            Span::NotHappening => None,
        };
        Self { limits, end, reason: timeout.reason }
    }

    /// The same with one of so many equal parts of the time that is left.
    fn part(&self, of: usize) -> Self {
        let now = Instant::now();
        let share = |end: Instant| end.saturating_duration_since(now) / u32::try_from(of).unwrap_or(u32::MAX);
        Self { end: self.end.map(|end| now + share(end)), ..*self }
    }

    fn go_on(&self) -> Result<(), Error> {
        self.limits.check_io()?;
        match self.end {
            Some(end) if Instant::now() >= end => Err(Error::Timeout(self.reason)),
            _ => Ok(()),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    buffers: LazyBuffers,
    limits: Limits,
}

impl Transport for Stream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let work = Work::new(&self.limits, timeout.for_write());
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        while !rest.is_empty() {
            work.go_on()?;
            match self.socket.write(rest) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if is_interrupted(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let work = Work::new(&self.limits, timeout.for_read());
        let room = self.buffers.input_append_buf();
        let read = loop {
            work.go_on()?;
            match self.socket.read(room) {
                Ok(read) => break read,
                Err(error) if is_interrupted(&error) => {}
                Err(error) => return Err(error.into()),
            }
        };
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // For connections that are kept for another request, and none is.
        false
    }
}

/// Whether a slice has ended, or a signal arrived.
fn is_interrupted(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
