//! TLS for ureq with the library's own settings. ureq's own takes a private key as text and zeroizes none of its copies.

use crate::{adapters::tls, error::TlsFailure};
use core::fmt;
use std::io::{Read as _, Write as _};
use ureq::{
    Error,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
        time::{Duration as Span, Instant},
    },
};

/// Encrypts connections that require it. Those with the same settings resume each other's sessions.
#[derive(Clone)]
pub(super) struct Secure(pub(super) tls::Settings);

impl<In: Transport> Connector<In> for Secure {
    type Out = Either<In, Secured>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(time_left(details));
        let stream = self.0.handshake(host, socket)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Secured { buffers, stream })))
    }
}

/// The time limit for reaching the server, less what has passed of it.
pub(super) fn time_left(details: &ConnectionDetails<'_>) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (Span::Exact(span), Instant::Exact(begin)) = (timeout.after, details.now) {
        timeout.after = Span::Exact(span.saturating_sub(begin.elapsed()));
    }
    timeout
}

/// Why TLS failed, if that is the cause of an error of ureq's, which names no source.
pub(super) fn tls_failure(error: &Error) -> Option<TlsFailure> {
    match error {
        Error::Rustls(error) => TlsFailure::of(error),
        Error::Io(error) => TlsFailure::of(error),
        Error::Other(error) => TlsFailure::of(error.as_ref()),
        _ => None,
    }
}

/// An encrypted connection.
pub(super) struct Secured {
    buffers: LazyBuffers,
    stream: tls::Stream<TransportAdapter>,
}

impl Transport for Secured {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        let written = self.stream.write_all(output).and_then(|()| self.stream.flush());
        Ok(written.map_err(|error| tls::alert_behind(&mut self.stream.conn, &mut self.stream.sock, error))?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Secured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secured(..)")
    }
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secure(..)")
    }
}
