//! MQTT in the messages of a WebSocket (RFC 6455; MQTT 3.1.1, section 6).

use super::request::Upgrade;
use crate::wire::{Came, Wire};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::pki_types::CertificateDer;
use std::io;

/// Where hubs and the provisioning service have it.
pub(super) const PATH: &str = "/$iothub/websocket";

/// What is appended to the client's key (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The longest payload of a frame, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// The head of the answer that accepts a WebSocket, or why it is not accepted.
pub(super) fn accept(asked: &Upgrade) -> Result<String, &'static str> {
    if asked.version != "13" || asked.key.is_empty() {
        return Err("it is no request for a WebSocket of version 13");
    }
    if !asked.protocols.split(',').any(|protocol| protocol.trim() == "mqtt") {
        return Err("the WebSocket is not for the sub-protocol `mqtt`");
    }
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{}{GUID}", asked.key).as_bytes());
    let key = data_encoding::BASE64.encode(hash.as_ref());
    Ok(format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {key}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
    ))
}

/// A connection whose bytes are in binary messages.
pub(super) struct WebSocket<'a> {
    wire: Box<dyn Wire + 'a>,
    frames: Frames,
}

impl<'a> WebSocket<'a> {
    /// With what the client has sent after its request.
    pub(super) fn new(wire: Box<dyn Wire + 'a>, arrived: Vec<u8>) -> Self {
        Self { wire, frames: Frames { arrived, ..Frames::default() } }
    }

    /// Answers what must be answered in the frames that have arrived.
    fn decode(&mut self) -> Result<(), String> {
        while let Some(frame) = self.frames.next()? {
            match frame {
                Control::None => {}
                Control::Ping(payload) => self.wire.write(&framed(0x8a, &payload))?,
                Control::Close => {
                    self.wire.write(&framed(0x88, &[3, 232]))?;
                    return Err("the client closed the WebSocket".into());
                }
            }
        }
        Ok(())
    }
}

impl Wire for WebSocket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<Came, String> {
        self.decode()?;
        if self.frames.payload.is_empty() {
            let mut chunk = [0; 4096];
            match self.wire.read(&mut chunk)? {
                Came::Bytes(count) => self.frames.arrived.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Came::Nothing => return Ok(Came::Nothing),
            }
            self.decode()?;
        }
        let count = buffer.len().min(self.frames.payload.len());
        if count == 0 {
            return Ok(Came::Nothing);
        }
        for (byte, taken) in buffer.iter_mut().zip(self.frames.payload.drain(..count)) {
            *byte = taken;
        }
        Ok(Came::Bytes(count))
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.wire.certificates()
    }

    fn server_name(&self) -> Option<String> {
        self.wire.server_name()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.wire.write(&framed(0x82, bytes))
    }

    fn close(&mut self) {
        let _ = self.wire.write(&framed(0x88, &[3, 232]));
        self.wire.close();
    }

    fn reset(self: Box<Self>) -> io::Result<()> {
        self.wire.reset()
    }
}

/// A server's frame: its first byte, the length, the payload without a mask.
fn framed(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ ..126), _) => frame.push(length),
        (_, Ok(length)) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// What a frame requests.
#[derive(Debug, PartialEq, Eq)]
enum Control {
    None,
    Ping(Vec<u8>),
    Close,
}

/// The client's frames.
#[derive(Default)]
struct Frames {
    arrived: Vec<u8>,
    /// Of data frames, not read yet.
    payload: Vec<u8>,
    /// Whether a message has begun whose last frame is to come.
    is_within: bool,
}

impl Frames {
    /// Takes one frame. `None` while it is incomplete.
    fn next(&mut self) -> Result<Option<Control>, String> {
        let Some((&[first, second], rest)) = self.arrived.split_first_chunk() else { return Ok(None) };
        if first & 0x70 != 0 {
            return Err("a frame has reserved bits".into());
        }
        if second & 0x80 == 0 {
            return Err("a frame of the client is not masked".into());
        }
        let (length, rest) = match (second & 0x7f, rest.split_first_chunk(), rest.split_first_chunk()) {
            (126, Some((length, rest)), _) => (u64::from(u16::from_be_bytes(*length)), rest),
            (127, _, Some((length, rest))) => (u64::from_be_bytes(*length), rest),
            (126 | 127, ..) => return Ok(None),
            (length, ..) => (length.into(), rest),
        };
        let (is_last, code) = (first & 0x80 != 0, first & 0x0f);
        if length > LIMIT {
            return Err("a frame is too long".into());
        }
        if code >= 8 && (!is_last || length > 125) {
            return Err("a control frame is in parts or too long".into());
        }
        let length = usize::try_from(length).map_err(|_| "a frame is too long")?;
        let Some((mask, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let Some(masked) = rest.get(..length) else { return Ok(None) };
        let payload: Vec<u8> = masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        let used = self.arrived.len() - (rest.len() - length);
        self.arrived.drain(..used);
        match code {
            0 | 2 if self.is_within == (code == 0) => {
                self.is_within = !is_last;
                self.payload.extend(payload);
                Ok(Some(Control::None))
            }
            0 | 2 => Err("a message begins or goes on where it must not".into()),
            8 => Ok(Some(Control::Close)),
            9 => Ok(Some(Control::Ping(payload))),
            10 => Ok(Some(Control::None)),
            _ => Err("a message is not binary".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The payload of a client's frames, and what they request.
    fn taken(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Control>), String> {
        let mut frames = Frames::default();
        let mut controls = Vec::new();
        for byte in bytes {
            frames.arrived.push(*byte);
            controls.extend(frames.next()?);
        }
        Ok((frames.payload, controls))
    }

    #[test]
    fn the_key_is_answered_as_the_rfc_has_it() {
        let asked = |version: &str, protocols: &str| Upgrade {
            key: "dGhlIHNhbXBsZSBub25jZQ==".into(),
            version: version.into(),
            protocols: protocols.into(),
        };
        let answer = accept(&asked("13", "amqp, mqtt")).unwrap();
        assert!(answer.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
        assert!(accept(&asked("8", "mqtt")).is_err() && accept(&asked("13", "AMQPWSB10")).is_err());
    }

    #[test]
    fn a_message_may_be_in_frames_with_others_between_them() {
        let mask = [1, 2, 3, 4];
        let frame = |first: u8, text: &[u8]| {
            let masked = text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
            [first, 0x80 | u8::try_from(text.len()).unwrap()].into_iter().chain(mask).chain(masked).collect::<Vec<u8>>()
        };
        let bytes = [frame(0x02, b"abcde"), frame(0x89, b"p"), frame(0x80, b"f"), frame(0x88, b"")].concat();
        let (payload, controls) = taken(&bytes).unwrap();
        assert_eq!(payload, b"abcdef");
        let expected = [Control::None, Control::Ping(b"p".to_vec()), Control::None, Control::Close];
        assert_eq!(controls, expected);
        assert!(taken(&frame(0x80, b"a")).is_err(), "nothing has begun");
        assert!(taken(&[frame(0x02, b"a"), frame(0x82, b"b")].concat()).is_err(), "the first has not ended");
        assert!(taken(&frame(0x81, b"a")).is_err() && taken(&frame(0xc2, b"a")).is_err());
        assert!(taken(&frame(0x09, b"a")).is_err(), "a ping in parts");
    }

    #[test]
    fn a_length_is_checked_before_its_bytes_arrive() {
        assert!(taken(&[0x82, 1, 0]).unwrap_err().contains("not masked"));
        let announced = [&[0x82, 0xff][..], &(LIMIT + 1).to_be_bytes()].concat();
        assert_eq!(taken(&announced).unwrap_err(), "a frame is too long");
        assert_eq!(framed(0x82, &[0; 125])[..2], [0x82, 125]);
        assert_eq!(framed(0x82, &[0; 126])[..4], [0x82, 126, 0, 126]);
        assert_eq!(framed(0x82, &vec![0; 65_536])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
