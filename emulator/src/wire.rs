//! What a connection is to those who serve it, and TLS as one that never blocks for long.

use crate::state::TICK;
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::CertificateDer};
use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

/// How long a client may take over a login or a request, and over taking an answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What came of a read.
pub(crate) enum Came {
    Bytes(usize),
    /// Nothing for now.
    Nothing,
}

/// A connection after its handshake.
pub(crate) trait Wire {
    /// Reads what is there, waiting for a tick at most. An error is the reason why there will be no more.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String>;

    /// The certificates that the client has shown, its own first. None before anything was read.
    fn certificates(&self) -> Vec<CertificateDer<'static>>;

    fn write(&mut self, bytes: &[u8]) -> Result<(), String>;

    /// Says that nothing more will come.
    fn close(&mut self);

    /// Ends the connection so that the client sees a reset, not an end.
    fn reset(self: Box<Self>) -> io::Result<()>;
}

pub(crate) struct Tls(StreamOwned<ServerConnection, TcpStream>);

impl Tls {
    pub(crate) fn new(stream: TcpStream, tls: Arc<ServerConfig>) -> Result<Self, String> {
        let prepare = || {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TICK))?;
            stream.set_write_timeout(Some(PATIENCE))
        };
        prepare().map_err(|error| error.to_string())?;
        let tls = ServerConnection::new(tls).map_err(|error| error.to_string())?;
        Ok(Self(StreamOwned::new(tls, stream)))
    }
}

impl Wire for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String> {
        match self.0.read(buffer) {
            Ok(0) => Err("the client went away".into()),
            Ok(read) => Ok(Came::Bytes(read)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(Came::Nothing),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err("the client went away".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.0.conn.peer_certificates().unwrap_or_default().to_vec()
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
