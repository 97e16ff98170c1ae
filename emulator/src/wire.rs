//! A connection as the protocols see it, and its implementation by TLS, which never blocks for long.

use crate::service::{Shared, TICK};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::CertificateDer,
    server::{Accepted, AcceptedAlert, Acceptor},
};
use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a client may take to log in or to send a request, and to read an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The result of a read.
pub(crate) enum Came {
    Bytes(usize),
    /// Nothing for now.
    Nothing,
}

/// A connection after its handshake.
pub(crate) trait Wire {
    /// Reads the bytes that have arrived, and waits for one tick at most. An error is the reason why there are no more.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String>;

    /// The certificates that the client has presented, leaf first. None before anything was read.
    fn certificates(&self) -> Vec<CertificateDer<'static>>;

    /// The name that the client has sent in the handshake.
    fn server_name(&self) -> Option<String>;

    fn write(&mut self, bytes: &[u8]) -> Result<(), String>;

    /// Sends `close_notify`.
    fn close(&mut self);

    /// Resets the connection.
    fn reset(self: Box<Self>) -> io::Result<()>;
}

/// Serves one connection to its end. An error is the reason why there was neither a login nor a request.
pub(crate) type Serve = fn(Box<dyn Wire + '_>, &Shared) -> Result<(), String>;

/// A connection over TLS.
pub(crate) struct Tls(StreamOwned<ServerConnection, TcpStream>);

impl Tls {
    /// Reads what the client begins with, and goes on with the configuration for the name that it gives.
    pub(crate) fn accept(
        mut stream: TcpStream,
        shared: &Shared,
        config: impl FnOnce(Option<&str>) -> Result<Arc<ServerConfig>, String>,
    ) -> Result<Self, String> {
        let prepare = || {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TICK))?;
            stream.set_write_timeout(Some(PATIENCE))
        };
        prepare().map_err(|error| error.to_string())?;
        let hello = hello(&mut stream, shared)?;
        let config = config(hello.client_hello().server_name())?;
        let tls = hello.into_connection(config).map_err(|failed| refused(&mut stream, failed))?;
        Ok(Self(StreamOwned::new(tls, stream)))
    }
}

/// Waits for a whole `ClientHello`.
fn hello(stream: &mut TcpStream, shared: &Shared) -> Result<Accepted, String> {
    let (mut acceptor, deadline) = (Acceptor::default(), Instant::now() + PATIENCE);
    loop {
        if shared.stops() || Instant::now() >= deadline {
            return Err("the client sent nothing for too long".into());
        }
        match acceptor.read_tls(stream) {
            Ok(0) => return Err("the client closed the connection".into()),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.to_string()),
        }
        match acceptor.accept() {
            Ok(Some(hello)) => return Ok(hello),
            Ok(None) => {}
            Err(failed) => return Err(refused(stream, failed)),
        }
    }
}

/// Sends the alert of a handshake that has failed at its beginning.
fn refused(stream: &mut TcpStream, (error, mut alert): (rustls::Error, AcceptedAlert)) -> String {
    let _ = alert.write_all(stream).and_then(|()| stream.shutdown(Shutdown::Write));
    error.to_string()
}

impl Wire for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String> {
        match self.0.read(buffer) {
            Ok(0) => Err("the client closed the connection".into()),
            Ok(read) => Ok(Came::Bytes(read)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(Came::Nothing),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err("the client closed the connection".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.0.conn.peer_certificates().unwrap_or_default().to_vec()
    }

    fn server_name(&self) -> Option<String> {
        self.0.conn.server_name().map(Into::into)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = self.0.write_all(bytes).and_then(|()| self.0.flush());
        written.map_err(|error| error.to_string())
    }

    fn close(&mut self) {
        self.0.conn.send_close_notify();
        let _ = self.0.flush();
    }

    fn reset(self: Box<Self>) -> io::Result<()> {
        socket2::SockRef::from(&self.0.sock).set_linger(Some(Duration::ZERO))
    }
}
