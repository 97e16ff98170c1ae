//! Servers that send without end, or more than is read. What they cost is counted in bytes, not in time.

use crate::{
    stub::{Stream, Stub},
    world::{ATTEMPT, HUB, both, key, now, registration},
};
use allocation_counter::measure;
use defender_auth::{
    Action, Authenticator,
    http::BODY_LIMIT,
    https::{HttpsError, Reply},
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken},
    tls::Roots,
};
use defender_auth_mqtt::{Dial, EARLY_LIMIT, Error as MqttError, Message, PACKET_LIMIT, Provisioner, Session};
use std::io::{self, Read as _, Write as _};

/// What a request may take, its buffers and those of TLS included.
const MEMORY: u64 = 1024 * 1024;

/// The answer to a request, from a server that says this. A server that sends without end stops when the connection is closed.
fn ask(say: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static) -> Result<Reply, HttpsError> {
    let stub = Stub::answering(say);
    let client = stub.client();
    let auth = Authenticator::new(&registration(), both(now()), ATTEMPT);
    let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    let mut reply = None;
    let used = measure(|| reply = Some(client.exchange(request)));
    assert!(used.bytes_max < MEMORY, "{} bytes", used.bytes_max);
    reply.unwrap()
}

/// How long the body is that a flow sees, at most by one byte more than it takes.
fn body(reply: &Reply) -> usize {
    let shown = format!("{:?}", reply.as_response());
    let length = shown.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(length <= BODY_LIMIT + 1, "{shown}");
    length
}

fn forever(stream: &mut Stream, piece: &[u8]) -> io::Result<()> {
    loop {
        stream.write_all(piece)?;
    }
}

#[test]
fn a_body_without_end_is_read_up_to_its_limit() {
    let piece = [b' '; 8192];
    for head in ["", "Content-Length: 9000000000000000000\r\n"] {
        let reply = ask(move |stream| {
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes())?;
            forever(stream, &piece)
        });
        assert_eq!(body(&reply.unwrap()), BODY_LIMIT + 1, "{head}");
    }
    let reply = ask(move |stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        forever(stream, b"a\r\n0123456789\r\n")
    });
    assert_eq!(body(&reply.unwrap()), BODY_LIMIT + 1);
}

#[test]
fn a_body_at_its_limit_is_whole_and_one_byte_more_is_not() {
    for length in [BODY_LIMIT, BODY_LIMIT + 1, BODY_LIMIT + 2] {
        let reply = ask(move |stream| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}", " ".repeat(length))?;
            stream.flush()
        });
        assert_eq!(body(&reply.unwrap()), length.min(BODY_LIMIT + 1));
    }
}

/// The head of an answer has the limit of its body.
#[test]
fn a_head_has_a_limit() {
    let with_head_of = |length: usize| {
        ask(move |stream| {
            let rest = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx: \r\n\r\n".len();
            let filling = "y".repeat(length - rest);
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx: {filling}\r\n\r\n")?;
            stream.flush()
        })
    };
    assert_eq!(body(&with_head_of(BODY_LIMIT).unwrap()), 0);
    assert!(with_head_of(BODY_LIMIT + 1).unwrap_err().is_transient());
}

#[test]
fn a_head_without_end_is_no_answer() {
    for piece in ["x: y\r\n", "yyyyyyyyyyyyyyyy"] {
        let error = ask(move |stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
            forever(stream, piece.as_bytes())
        });
        assert!(error.unwrap_err().is_transient(), "{piece}");
    }
}

#[test]
fn the_length_of_a_chunk_without_end_is_no_answer() {
    let error = ask(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        forever(stream, b"0000000000000000")
    });
    assert!(error.unwrap_err().is_transient());
}

/// A login at a server that then says this, perhaps in one breath with its answer.
fn log_in(say: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static) -> Result<Session, MqttError> {
    let stub = Stub::answering(move |stream| {
        stream.write_all(&[0x20, 2, 0, 0])?;
        stream.flush()?;
        say(stream)?;
        stream.flush()
    });
    let me = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let token = SasToken::sign(&key(), &Resource::of(&me), now() + ATTEMPT);
    Session::open(&Connect::hub(&me, None), &token, &Dial::at(stub.address), Roots::Pem(stub.root.as_bytes()))
}

/// A message on the topic `t`, in a packet of this length.
fn publish(length: usize) -> Vec<u8> {
    let rest = length - 4;
    let digits = [rest & 0x7f | 0x80, rest >> 7 & 0x7f | 0x80, rest >> 14].map(|digit| u8::try_from(digit).unwrap());
    let mut packet = vec![0x30, digits[0], digits[1], digits[2], 0, 1, b't'];
    packet.resize(length, b' ');
    packet
}

fn message_of(length: usize) -> Result<Message, MqttError> {
    let mut message = None;
    let used = measure(|| {
        let session = log_in(move |stream| stream.write_all(&publish(length)));
        message = Some(session.and_then(|mut session| session.next_message()));
    });
    assert!(used.bytes_max < MEMORY + 2 * PACKET_LIMIT as u64, "{} bytes", used.bytes_max);
    message.unwrap()
}

#[test]
fn an_mqtt_packet_has_a_limit() {
    assert_eq!(message_of(PACKET_LIMIT).unwrap().payload.len(), PACKET_LIMIT - 7);
    let error = message_of(PACKET_LIMIT + 1).unwrap_err();
    assert!(matches!(error, MqttError::TooLarge { limit: PACKET_LIMIT, .. }), "{error}");
}

/// Announced as the largest of the protocol, 256 MiB.
#[test]
fn an_mqtt_packet_without_end_is_refused_by_its_length() {
    let used = measure(|| {
        let session = log_in(|stream| {
            stream.write_all(&[0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, b't'])?;
            forever(stream, &[b' '; 4096])
        });
        let message = session.and_then(|mut session| session.next_message());
        assert!(matches!(message, Err(MqttError::TooLarge { .. })));
    });
    assert!(used.bytes_max < MEMORY, "{} bytes", used.bytes_max);
}

/// A message on the topic `t`.
const MESSAGE: &[u8] = &[0x30, 3, 0, 1, b't'];

fn is_too_many<T>(result: &Result<T, MqttError>) -> bool {
    matches!(result, Err(MqttError::TooMany { limit: EARLY_LIMIT, .. }))
}

#[test]
fn messages_before_the_answer_to_a_subscription_have_a_limit() {
    let subscribe_behind = |messages: usize| {
        // The answer is to the first packet that a client numbers.
        log_in(move |stream| {
            let _ = stream.read(&mut [0; 4096])?;
            stream.write_all(&[&MESSAGE.repeat(messages), &[0x90, 3, 0, 1, 1][..]].concat())
        })
        .and_then(|mut session| session.subscribe("t"))
    };
    subscribe_behind(EARLY_LIMIT).unwrap();
    assert!(is_too_many(&subscribe_behind(EARLY_LIMIT + 1)));
}

#[test]
fn other_packets_before_a_message_have_a_limit() {
    let next_behind = |packets: usize| {
        log_in(move |stream| stream.write_all(&[&[0xd0, 0].repeat(packets), MESSAGE].concat()))
            .and_then(|mut session| session.next_message())
    };
    next_behind(EARLY_LIMIT).unwrap();
    assert!(is_too_many(&next_behind(EARLY_LIMIT + 1)));
}

#[test]
fn answers_to_others_have_a_limit() {
    let answers = |rid: u32| {
        let topic = format!("$dps/registrations/res/202/?$rid={rid}");
        let length = u8::try_from(topic.len()).unwrap();
        [&[0x30, 2 + length, 0, length], topic.as_bytes()].concat()
    };
    let exchange_behind = move |others: usize| {
        let stub = Stub::answering(move |stream| {
            for flow in [&[0x20, 2, 0, 0][..], &[0x90, 3, 0, 1, 1], &[answers(9).repeat(others), answers(1)].concat()] {
                stream.write_all(flow)?;
                stream.flush()?;
                let _ = stream.read(&mut [0; 4096])?;
            }
            Ok(())
        });
        let auth = Authenticator::new(&registration(), both(now()), ATTEMPT);
        let Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        let dial = Dial::at(stub.address);
        Provisioner::open(request, &dial, Roots::Pem(stub.root.as_bytes())).and_then(|mut link| link.exchange(request))
    };
    assert_eq!(exchange_behind(EARLY_LIMIT).unwrap().as_response().unwrap().status(), 202);
    assert!(is_too_many(&exchange_behind(EARLY_LIMIT + 1)));
}

/// At `QoS` 1 a message has a number above zero, for its acknowledgement; at `QoS` 2 nothing was subscribed to.
#[test]
fn a_message_that_cannot_be_acknowledged_is_refused() {
    let next = |packet: &'static [u8]| {
        log_in(move |stream| stream.write_all(packet)).and_then(|mut session| session.next_message())
    };
    assert_eq!(next(&[0x32, 5, 0, 1, b't', 0, 7]).unwrap().topic, "t");
    for packet in [&[0x32, 5, 0, 1, b't', 0, 0][..], &[0x34, 5, 0, 1, b't', 0, 0], &[0x34, 5, 0, 1, b't', 0, 7]] {
        assert!(matches!(next(packet), Err(MqttError::Protocol { .. })), "{packet:?}");
    }
}

/// What does not fit into the fields of an MQTT packet is refused before a connection is made.
#[test]
fn a_user_name_that_does_not_fit_is_not_sent() {
    let me = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let token = SasToken::sign(&key(), &Resource::of(&me), now() + ATTEMPT);
    let closed = Dial::at("127.0.0.1:9".parse().unwrap());
    let bare = Connect::hub(&me, Some("")).user_name.len();
    let open = |length: usize| {
        let login = Connect::hub(&me, Some(&"m".repeat(length - bare)));
        Session::open(&login, &token, &closed, Roots::Azure).map(Session::close).unwrap_err()
    };
    assert!(matches!(open(65_535), MqttError::Unreachable { .. }));
    assert!(matches!(open(65_536), MqttError::Unsendable { field: "user name" }));
}
