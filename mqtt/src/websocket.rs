//! MQTT in the messages of a WebSocket (RFC 6455; MQTT 3.1.1, section 6), without a connection: bytes go in and out.
//!
//! One message may hold a part of a packet, or several packets. Pings are answered.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    mem,
};
use tungstenite::{
    Bytes, ClientHandshake, ClientRequestBuilder, Error, HandshakeError, Message,
    client::IntoClientRequest as _,
    error::{CapacityError, ProtocolError},
    handshake::MidHandshake,
    protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
};

/// The largest message that is read, in bytes: several of a hub's largest packets.
pub(crate) const MESSAGE_LIMIT: usize = 1024 * 1024;

/// The path at hubs and at the provisioning service.
///
/// Source: `Azure/azure-iot-sdk-python:azure-iot-device/azure/iot/device/common/mqtt_transport.py`.
const PATH: &str = "/$iothub/websocket";

/// How much is allocated at once for reading, in bytes.
const CHUNK: usize = 4096;

/// Why bytes are not MQTT over WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The server ended the connection in order.
    Closed,
    /// A message of more than [`MESSAGE_LIMIT`].
    TooLarge,
    /// Anything else.
    Because(String),
}

/// What has arrived and was not read, and what is to be sent.
#[derive(Debug, Default)]
struct Pipe {
    arrived: VecDeque<u8>,
    leaving: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.arrived.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.arrived.read(buffer) }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.leaving.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A WebSocket that the server has not accepted yet.
pub(crate) struct Opening(MidHandshake<ClientHandshake<Pipe>>);

impl Opening {
    /// With the request to a host in what is to be sent.
    pub(crate) fn new(host: &str) -> Result<Self, Broken> {
        let uri = format!("wss://{host}{PATH}").parse().map_err(|_| not_host())?;
        let request = ClientRequestBuilder::new(uri).with_sub_protocol("mqtt").into_client_request();
        let config = WebSocketConfig::default()
            .read_buffer_size(CHUNK)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let start = |request| ClientHandshake::start(Pipe::default(), request, Some(config));
        match request.and_then(start).map_err(|_| not_host())?.handshake() {
            Err(HandshakeError::Interrupted(opening)) => Ok(Self(opening)),
            // Nothing was read, so that nothing is complete.
            _ => Err(not_host()),
        }
    }

    /// What is to be sent.
    pub(crate) fn leaving(&mut self) -> Vec<u8> {
        mem::take(&mut self.0.get_mut().get_mut().leaving)
    }

    /// Takes bytes of the answer. A WebSocket once it is complete, with what follows it.
    pub(crate) fn take(mut self, bytes: &[u8]) -> Result<Result<WebSocket, Self>, Broken> {
        self.0.get_mut().get_mut().arrived.extend(bytes);
        match self.0.handshake() {
            Ok((socket, _)) => Ok(Ok(WebSocket { socket, ended: None })),
            Err(HandshakeError::Interrupted(opening)) => Ok(Err(Self(opening))),
            Err(HandshakeError::Failure(error)) => Err(refused(&error)),
        }
    }
}

/// An open WebSocket.
pub(crate) struct WebSocket {
    socket: tungstenite::WebSocket<Pipe>,
    ended: Option<Broken>,
}

impl WebSocket {
    /// Takes bytes that have arrived, and returns those of MQTT among them. Answers are in what is to be sent. What ends the
    /// connection is told by [`ended`](Self::ended), after the packets before it.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.socket.get_mut().arrived.extend(bytes);
        let mut packets = Vec::new();
        while self.ended.is_none() {
            match self.socket.read() {
                Ok(Message::Binary(part)) => packets.extend_from_slice(&part),
                Ok(Message::Text(_)) => {
                    self.ended = Some(Broken::Because("it sends text, which MQTT has none of".into()));
                }
                Ok(Message::Close(frame)) => self.ended = Some(closed(frame.as_ref())),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.ended = Some(broken(&error)),
            }
        }
        // The answer to a ping, if another did not take it along. Nothing is answered on a connection that has ended.
        let _ = self.socket.flush();
        packets
    }

    /// Why no more packets arrive.
    pub(crate) fn ended(&mut self) -> Option<Broken> {
        self.ended.take()
    }

    /// Puts a packet into what is to be sent.
    pub(crate) fn send(&mut self, packet: Vec<u8>) -> Result<(), Broken> {
        self.socket.send(Message::Binary(Bytes::from(packet))).map_err(|error| broken(&error))
    }

    /// Says in order that nothing follows.
    pub(crate) fn close(&mut self) {
        // What cannot be closed is closed.
        let _ = self.socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }));
    }

    /// What is to be sent.
    pub(crate) fn leaving(&mut self) -> Vec<u8> {
        mem::take(&mut self.socket.get_mut().leaving)
    }
}

fn not_host() -> Broken {
    Broken::Because("the host's name cannot be written in a request".into())
}

/// A close frame: in order, or with the code of a reason.
fn closed(frame: Option<&CloseFrame>) -> Broken {
    match frame.map(|frame| u16::from(frame.code)) {
        None | Some(1000 | 1001) => Broken::Closed,
        Some(code) => Broken::Because(format!("it closed the WebSocket with code {code} (RFC 6455, section 7.4.1)")),
    }
}

fn refused(error: &Error) -> Broken {
    Broken::Because(match error {
        Error::Http(answer) => format!("it refuses a WebSocket with status {}", answer.status().as_u16()),
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => {
            "it does not accept the sub-protocol `mqtt`".into()
        }
        _ => "its answer is not that of a WebSocket".into(),
    })
}

fn broken(error: &Error) -> Broken {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(ProtocolError::SendAfterClosing) => {
            Broken::Closed
        }
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Broken::TooLarge,
        _ => Broken::Because("what it sends is not a WebSocket's".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::handshake::derive_accept_key;

    /// The value of a header.
    fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
        request
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The answer of a server that accepts.
    fn accepted(request: &str) -> String {
        let key = derive_accept_key(header(request, "sec-websocket-key").unwrap().as_bytes());
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {key}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
        )
    }

    fn opening() -> (Opening, String) {
        let mut opening = Opening::new("h.net").unwrap();
        let request = String::from_utf8(opening.leaving()).unwrap();
        (opening, request)
    }

    /// The packets in these bytes, or what ends the connection.
    fn taken(mut socket: WebSocket, bytes: &[u8]) -> Result<Vec<u8>, Broken> {
        let packets = socket.take(bytes);
        socket.ended().map_or(Ok(packets), Err)
    }

    fn open() -> WebSocket {
        let (opening, request) = opening();
        opening.take(accepted(&request).as_bytes()).unwrap().ok().unwrap()
    }

    /// A server's frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap();
        let head = if length < 126 {
            vec![first, u8::try_from(payload.len()).unwrap()]
        } else {
            [&[first, 126][..], &length.to_be_bytes()].concat()
        };
        [&head[..], payload].concat()
    }

    #[test]
    fn the_request_names_host_path_and_protocol() {
        let (_, request) = opening();
        assert!(request.starts_with("GET /$iothub/websocket HTTP/1.1\r\n"), "{request}");
        assert_eq!(header(&request, "host"), Some("h.net"));
        assert_eq!(header(&request, "sec-websocket-protocol"), Some("mqtt"));
        assert!(Opening::new("[::1]").is_ok() && Opening::new("h net").is_err());
    }

    #[test]
    fn an_answer_may_arrive_in_pieces_with_a_packet_behind_it() {
        let (mut opening, request) = opening();
        let answer = accepted(&request);
        let (last, first) = answer.as_bytes().split_last().unwrap();
        for piece in first.chunks(5) {
            opening = opening.take(piece).unwrap().err().unwrap();
        }
        let bytes = [&[*last][..], &frame(0x82, b"ab")].concat();
        let mut socket = opening.take(&bytes).unwrap().ok().unwrap();
        assert_eq!(socket.take(&[]), b"ab");
    }

    #[test]
    fn a_refusal_has_its_reason() {
        let reason = |change: &dyn Fn(String) -> String| {
            let (opening, request) = opening();
            match opening.take(change(accepted(&request)).as_bytes()) {
                Err(Broken::Because(reason)) => reason,
                _ => panic!("not refused"),
            }
        };
        assert_eq!(reason(&|_| "HTTP/1.1 404 Not Found\r\n\r\n".into()), "it refuses a WebSocket with status 404");
        assert_eq!(reason(&|_| "HTTP/1.1 200 OK\r\n\r\n<html>".into()), "it refuses a WebSocket with status 200");
        assert_eq!(reason(&|_| "SSH-2.0-OpenSSH_9.6\r\n\r\n".into()), "its answer is not that of a WebSocket");
        for change in ["Protocol: amqp", "Other: mqtt"] {
            let text = reason(&|answer| answer.replace("Protocol: mqtt", change));
            assert_eq!(text, "it does not accept the sub-protocol `mqtt`", "{change}");
        }
        let wrong_key = reason(&|answer| answer.replace("Accept: ", "Accept: x"));
        assert_eq!(wrong_key, "its answer is not that of a WebSocket");
    }

    #[test]
    fn packets_are_independent_of_messages_and_frames() {
        let mut socket = open();
        let long = vec![7; 300];
        // A message in two frames with a ping between them, and two messages at once.
        let bytes =
            [frame(0x02, b"ab"), frame(0x89, b"p"), frame(0x80, b"c"), frame(0x82, &long), frame(0x82, b"")].concat();
        let mut packets = Vec::new();
        for part in bytes.chunks(3) {
            packets.extend(socket.take(part));
        }
        assert_eq!(packets, [b"abc", &long[..]].concat());
        let leaving = socket.leaving();
        assert_eq!((leaving[0], leaving[1], leaving.len()), (0x8a, 0x81, 7), "the masked answer to the ping");
    }

    #[test]
    fn a_packet_leaves_masked_in_one_binary_message() {
        let mut socket = open();
        socket.send(vec![0x10, 0]).unwrap();
        let sent = socket.leaving();
        assert_eq!((sent[0], sent[1], sent.len()), (0x82, 0x82, 8));
        assert_eq!([sent[6] ^ sent[2], sent[7] ^ sent[3]], [0x10, 0]);
    }

    #[test]
    fn what_ends_a_websocket_is_told_apart() {
        assert_eq!(taken(open(), &frame(0x88, &[])), Err(Broken::Closed));
        assert_eq!(taken(open(), &frame(0x88, &[3, 232])), Err(Broken::Closed));
        let policy = "it closed the WebSocket with code 1008 (RFC 6455, section 7.4.1)";
        assert_eq!(taken(open(), &frame(0x88, &[3, 240])), Err(Broken::Because(policy.into())));
        assert!(matches!(taken(open(), &frame(0x81, b"text")), Err(Broken::Because(_))));
        assert!(matches!(taken(open(), &[0xf2, 0]), Err(Broken::Because(_))), "bits that are reserved");
        assert!(matches!(taken(open(), &[0x82, 0x80, 0, 0, 0, 0]), Err(Broken::Because(_))), "a server does not mask");
        let (mut both, bytes) = (open(), [frame(0x82, b"ab"), frame(0x88, &[3, 232])].concat());
        assert_eq!((both.take(&bytes), both.ended()), (b"ab".to_vec(), Some(Broken::Closed)), "the packet first");
        let mut closed = open();
        closed.close();
        assert_eq!(closed.send(vec![1]), Err(Broken::Closed));
    }

    #[test]
    fn a_message_beyond_the_limit_is_refused_by_its_announced_length() {
        let announced = |length: u64| [&[0x82, 127][..], &length.to_be_bytes()].concat();
        for length in [MESSAGE_LIMIT as u64 + 1, u64::MAX / 2] {
            assert_eq!(taken(open(), &announced(length)), Err(Broken::TooLarge));
        }
        assert_eq!(taken(open(), &announced(MESSAGE_LIMIT as u64)), Ok(Vec::new()));
        let (mut socket, piece) = (open(), frame(0x00, &vec![0; 60_000]));
        socket.take(&frame(0x02, &vec![0; 60_000]));
        for _ in 0..20 {
            socket.take(&piece);
        }
        assert_eq!(socket.ended(), Some(Broken::TooLarge), "in fragments");
    }
}
