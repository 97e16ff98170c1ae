//! Servers that send one byte at a time, which must not lengthen a time limit.
//!
//! Each limit is far longer than the pause between two bytes, and far shorter than all the bytes take.

use crate::{
    stub::{Stream, Stub},
    world::{ATTEMPT, HUB, key, now},
};
use defender_auth::{
    identity::Identity,
    mqtt::Connect,
    sas::{Resource, SasToken},
    tls::Roots,
};
use defender_auth_mqtt::{Dial, Error as MqttError, Limits, Session};
use std::{
    io::{self, BufReader, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

const PAUSE: Duration = Duration::from_millis(100);
const SHORT: Duration = Duration::from_millis(900);
const LONG: Duration = Duration::from_secs(120);

const CONNACK: [u8; 4] = [0x20, 2, 0, 0];

/// Carries connections to a server, whose bytes arrive one by one after so many.
fn dripping(to: SocketAddr, after: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for near in listener.incoming() {
            thread::spawn(move || carry(&near?, &TcpStream::connect(to)?, after));
        }
    });
    address
}

fn carry(mut near: &TcpStream, mut far: &TcpStream, after: u64) -> io::Result<()> {
    thread::scope(|scope| {
        scope.spawn(move || io::copy(&mut near, &mut far).and_then(|_| far.shutdown(Shutdown::Write)));
        near.set_nodelay(true)?;
        io::copy(&mut io::Read::take(far, after), &mut near)?;
        for byte in BufReader::new(far).bytes() {
            near.write_all(&[byte?])?;
            thread::sleep(PAUSE);
        }
        Ok(())
    })
}

fn open(at: SocketAddr, root: &str, limits: Limits) -> Result<Session, MqttError> {
    let me = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let token = SasToken::sign(&key(), &Resource::of(&me), now() + ATTEMPT);
    let dial = Dial::at(at).with_limits(limits);
    Session::open(&Connect::hub(&me, None), &token, &dial, Roots::Pem(root.as_bytes()))
}

fn is_silent<T>(result: Result<T, MqttError>) {
    match result.err() {
        Some(MqttError::Silent { limit, .. }) => assert_eq!(limit, SHORT),
        other => panic!("{other:?}"),
    }
}

/// A server that accepts a login, and does this afterwards.
fn accepting(then: impl Fn(&mut Stream) -> io::Result<()> + Send + Sync + 'static) -> Stub {
    Stub::answering(move |stream| {
        stream.write_all(&CONNACK)?;
        stream.flush()?;
        then(stream)
    })
}

#[test]
fn a_handshake_that_drips_ends_at_its_limit() {
    let stub = accepting(|_| Ok(()));
    let limits = Limits { reach: LONG, greet: SHORT, answer: LONG, ..Limits::default() };
    is_silent(open(dripping(stub.address, 0), &stub.root, limits));
}

#[test]
fn a_first_record_without_end_ends_at_the_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        // A handshake record of 16 KiB.
        stream.write_all(&[22, 3, 3, 0x40, 0])?;
        loop {
            stream.write_all(&[2])?;
            thread::sleep(PAUSE);
        }
        #[allow(unreachable_code, reason = "for the type of the errors above")]
        io::Result::Ok(())
    });
    let root = rcgen::generate_simple_self_signed([HUB.into()]).unwrap().cert.pem();
    is_silent(open(address, &root, Limits { reach: LONG, greet: SHORT, answer: LONG, ..Limits::default() }));
}

#[test]
fn an_answer_that_drips_ends_at_its_limit() {
    // The acknowledgement of the subscription, in a record of its own, after a message that drips as well.
    let stub = accepting(|stream| {
        let _ = stream.read(&mut [0; 4096])?;
        for byte in [0x90, 3, 0, 1, 1] {
            stream.write_all(&[byte])?;
            stream.flush()?;
            thread::sleep(SHORT);
        }
        Ok(())
    });
    let mut session =
        open(stub.address, &stub.root, Limits { reach: LONG, greet: LONG, answer: SHORT, ..Limits::default() })
            .unwrap();
    is_silent(session.subscribe("t"));
}

/// Whole packets that are no answer.
#[test]
fn other_packets_do_not_lengthen_the_limit_of_a_message() {
    let stub = accepting(|stream| {
        loop {
            stream.write_all(&[0xd0, 0])?;
            stream.flush()?;
            thread::sleep(PAUSE);
        }
    });
    let mut session =
        open(stub.address, &stub.root, Limits { reach: LONG, greet: LONG, answer: SHORT, ..Limits::default() })
            .unwrap();
    is_silent(session.next_message());
    is_silent(session.subscribe("t"));
}

#[test]
fn a_slow_server_has_the_whole_limit() {
    let stub = accepting(|stream| stream.write_all(&[0x30, 4, 0, 1, b't', b'!']).and_then(|()| stream.flush()));
    let limits = Limits { reach: LONG, greet: LONG, answer: LONG, ..Limits::default() };
    let address = dripping(stub.address, 1_000_000);
    assert_eq!(open(address, &stub.root, limits).unwrap().next_message().unwrap().payload, b"!");
}
