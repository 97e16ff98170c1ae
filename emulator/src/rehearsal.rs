//! A connection that comes from memory: what stands behind the doors, without sockets, TLS and time.

use crate::{
    ConfigError, Entry, World, config, http,
    listener::Serve,
    session,
    state::Shared,
    wire::{Came, Wire},
};
use rustls::pki_types::CertificateDer;
use std::io;

/// Which door a rehearsal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// HTTP/1.1 after the handshake.
    Https,
    /// MQTT 3.1.1 after the handshake.
    Mqtt,
}

/// What came of a rehearsal.
#[derive(Debug)]
pub struct Rehearsal {
    /// All that the client was sent.
    pub answer: Vec<u8>,
    /// What was decided, and why.
    pub journal: Vec<Entry>,
}

impl Rehearsal {
    /// Serves one client that shows no certificate, sends this in pieces of at most so many bytes, and goes away.
    ///
    /// # Errors
    /// When the world cannot be played.
    pub fn of(world: World, door: Door, sent: &[u8], piece: usize) -> Result<Self, ConfigError> {
        config::check(&world.hubs, world.dps.as_ref())?;
        let shared = Shared::new(world.hubs, world.dps, false);
        let serve: Serve = match door {
            Door::Https => http::serve,
            Door::Mqtt => session::serve,
        };
        let mut answer = Vec::new();
        let client = Client { sent, piece: piece.max(1), answer: &mut answer };
        if let Err(reason) = serve(Box::new(client), &shared) {
            shared.note(Entry::Dropped { reason });
        }
        Ok(Self { answer, journal: shared.journal.entries() })
    }
}

struct Client<'a> {
    sent: &'a [u8],
    piece: usize,
    answer: &'a mut Vec<u8>,
}

impl Wire for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String> {
        let (piece, rest) = self.sent.split_at(self.piece.min(buffer.len()).min(self.sent.len()));
        let Some(start) = buffer.get_mut(..piece.len()).filter(|start| !start.is_empty()) else {
            return Err("the client went away".into());
        };
        start.copy_from_slice(piece);
        self.sent = rest;
        Ok(Came::Bytes(piece.len()))
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        Vec::new()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.answer.extend_from_slice(bytes);
        Ok(())
    }

    fn close(&mut self) {}

    fn reset(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hub;

    #[test]
    fn the_journal_says_when_a_client_leaves_before_it_logs_in() {
        let disconnect = [0xe0, 0];
        let rehearsal = Rehearsal::of(World::new().hub(Hub::new("h.net")), Door::Mqtt, &disconnect, 1).unwrap();
        let reason = "the client left before it logged in".into();
        assert_eq!((rehearsal.answer, rehearsal.journal), (Vec::new(), vec![Entry::Dropped { reason }]));
    }
}
