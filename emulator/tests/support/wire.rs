//! Packets of either version of MQTT, over TLS.

use super::Tls;
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{Event, role},
    packet::{GenericPacketTrait as _, Packet},
};
use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
};

/// A client's connection: what it sends, and what has come.
pub(crate) struct Wire {
    pub(crate) tls: Tls,
    pub(crate) engine: Connection<role::Client>,
    came: VecDeque<Packet>,
}

impl Wire {
    pub(crate) fn new(tls: Tls, version: Version) -> Self {
        Self { tls, engine: Connection::new(version), came: VecDeque::new() }
    }

    pub(crate) fn send(&mut self, packet: Packet) {
        let events = self.engine.send(packet);
        self.act(events);
    }

    fn act(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::RequestSendPacket { packet, .. } => {
                    self.tls.write_all(&packet.to_continuous_buffer()).unwrap();
                }
                Event::NotifyPacketReceived(packet) => self.came.push_back(packet),
                _ => {}
            }
        }
    }

    /// The next packet. `None` when the connection ends.
    pub(crate) fn receive(&mut self) -> Option<Packet> {
        let mut buffer = [0; 4096];
        while self.came.is_empty() {
            let count = self.tls.read(&mut buffer).unwrap();
            if count == 0 {
                return None;
            }
            let mut cursor = Cursor::new(&buffer[..count]);
            while cursor.position() < count as u64 {
                let events = self.engine.recv(&mut cursor);
                self.act(events);
            }
        }
        self.came.pop_front()
    }
}
