//! A connection from memory: the services without sockets, TLS and time.

use crate::{
    config::{self, ConfigError, World},
    fault::Fault,
    http,
    journal::{Entry, Journal},
    mqtt,
    service::Shared,
    wire::{Came, Serve, Wire},
};
use rustls::pki_types::CertificateDer;
use std::io;

/// The protocol of a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// HTTP/1.1 after the handshake.
    Https,
    /// MQTT after the handshake.
    Mqtt,
}

/// The result of a rehearsal.
#[derive(Debug)]
pub struct Rehearsal {
    /// All bytes that the client was sent.
    pub answer: Vec<u8>,
    /// The decisions, and the reasons of refusals.
    pub journal: Vec<Entry>,
}

impl Rehearsal {
    /// Serves one client without a certificate, which names the last hub in its handshake and sends these bytes in pieces of `piece` bytes at most, and closes the
    /// connection.
    ///
    /// # Errors
    /// When the configuration has a mistake.
    pub fn of(mut world: World, door: Door, sent: &[u8], piece: usize) -> Result<Self, ConfigError> {
        config::check(&world.hubs, world.dps.as_ref())?;
        // A rehearsal does not wait.
        world.faults.retain(|planned| !matches!(planned.fault, Fault::Stall(_)));
        let server_name = world.hubs.last().map(|hub| hub.host_name.clone());
        let shared = Shared::new(world, Journal::default());
        let serve: Serve = match door {
            Door::Https => http::serve,
            Door::Mqtt => mqtt::serve,
        };
        let mut answer = Vec::new();
        let client = Client { sent, piece: piece.max(1), answer: &mut answer, server_name };
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
    server_name: Option<String>,
}

impl Wire for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String> {
        let (piece, rest) = self.sent.split_at(self.piece.min(buffer.len()).min(self.sent.len()));
        let Some(start) = buffer.get_mut(..piece.len()).filter(|start| !start.is_empty()) else {
            return Err("the client closed the connection".into());
        };
        start.copy_from_slice(piece);
        self.sent = rest;
        Ok(Came::Bytes(piece.len()))
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        Vec::new()
    }

    fn server_name(&self) -> Option<String> {
        self.server_name.clone()
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
    use crate::config::Hub;

    #[test]
    fn the_journal_has_an_entry_when_a_client_begins_with_another_packet_than_a_connect() {
        let disconnect = [0xe0, 0];
        let rehearsal = Rehearsal::of(World::new().hub(Hub::new("h.net")), Door::Mqtt, &disconnect, 1).unwrap();
        let reason = "this is neither MQTT 3.1.1 nor MQTT 5: MalformedPacket".into();
        assert_eq!((rehearsal.answer, rehearsal.journal), (Vec::new(), vec![Entry::Dropped { reason }]));
    }
}
