//! Clients for the tests: TLS, HTTP and MQTT, as far as the tests need them.

#![allow(dead_code, reason = "every test file has its own copy, and none uses all of it")]

#[path = "../../src/test_certificates.rs"]
pub(crate) mod certificates;
pub(crate) mod wire;

use certificates::Leaf;
use defender_auth_emulator::{Emulator, World};
use mqtt_protocol_core::mqtt::{
    Version,
    packet::{Packet, Qos, SubEntry, SubOpts, v3_1_1},
    result_code::{ConnectReturnCode, SubackReturnCode},
};
use ring::hmac;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring as provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use serde_json::Value;
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use wire::Wire;

pub(crate) const HUB: &str = "contoso.azure-devices.net";
pub(crate) const DPS: &str = "global.azure-devices-provisioning.net";
pub(crate) const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
pub(crate) const OTHER: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

pub(crate) fn play(world: World) -> Emulator {
    Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A token that expires in ten minutes.
pub(crate) fn token(resource: &str, key: &str) -> String {
    let expiry = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 600;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &data_encoding::BASE64.decode(key.as_bytes()).unwrap());
    let signature = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
    let signature = data_encoding::BASE64.encode(signature.as_ref()).replace('+', "%2B");
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}")
}

pub(crate) type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A client's certificate and its intermediates.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a>(pub(crate) &'a Leaf, pub(crate) &'a [CertificateDer<'static>]);

pub(crate) fn dial(emulator: &Emulator, address: SocketAddr, name: &str) -> Tls {
    dial_as(emulator, address, name, None)
}

pub(crate) fn dial_as(emulator: &Emulator, address: SocketAddr, name: &str, shown: Option<Shown<'_>>) -> Tls {
    dial_with(CertificateDer::from_pem_slice(emulator.root_pem().as_bytes()).unwrap(), address, name, shown)
}

pub(crate) fn dial_with(
    root: CertificateDer<'static>,
    address: SocketAddr,
    name: &str,
    shown: Option<Shown<'_>>,
) -> Tls {
    let shown = shown.map(|Shown(leaf, others)| ([&[leaf.der()], others].concat(), leaf.key()));
    dial_by(root, address, name, shown)
}

/// With any chain and the key of its leaf.
pub(crate) fn dial_by(
    root: CertificateDer<'static>,
    address: SocketAddr,
    name: &str,
    shown: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match shown {
        None => config.with_no_client_auth(),
        Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
    };
    let tls = ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    StreamOwned::new(tls, stream)
}

/// An answer over HTTPS.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Sends a text unchanged, and reads to the end.
pub(crate) fn raw(emulator: &Emulator, name: &str, text: &str) -> io::Result<String> {
    raw_as(emulator, name, None, text)
}

pub(crate) fn raw_as(emulator: &Emulator, name: &str, shown: Option<Shown<'_>>, text: &str) -> io::Result<String> {
    let mut tls = dial_as(emulator, emulator.https_address(), name, shown);
    tls.write_all(text.as_bytes())?;
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer)?;
    Ok(String::from_utf8(answer).unwrap())
}

/// Without a token there is no `Authorization` header.
pub(crate) fn request(line: &str, host: &str, token: &str, body: &str) -> String {
    let length = body.len();
    let authorization = if token.is_empty() { String::new() } else { format!("Authorization: {token}\r\n") };
    format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\n{authorization}Content-Length: {length}\r\nConnection: close\r\n\r\n\
         {body}"
    )
}

/// One request and its answer.
pub(crate) fn https(emulator: &Emulator, line: &str, host: &str, token: &str, body: &str) -> Answer {
    answer(&raw(emulator, host, &request(line, host, token, body)).unwrap())
}

pub(crate) fn answer(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.into(), body: body.into() }
}

/// A client over MQTT.
pub(crate) struct Mqtt {
    wire: Wire,
}

impl Mqtt {
    pub(crate) fn connect(
        emulator: &Emulator,
        name: &str,
        id: &str,
        user: &str,
        password: &str,
    ) -> (Self, ConnectReturnCode) {
        Self::connect_over(dial(emulator, emulator.address(), name), id, user, Some(password))
    }

    pub(crate) fn connect_over(tls: Tls, id: &str, user: &str, password: Option<&str>) -> (Self, ConnectReturnCode) {
        let (client, code) = Self::try_connect(tls, id, user, password, 0);
        (client, code.unwrap())
    }

    /// The same with a keep-alive in seconds. Without a return code the connection ended.
    pub(crate) fn try_connect(
        tls: Tls,
        id: &str,
        user: &str,
        password: Option<&str>,
        keep_alive: u16,
    ) -> (Self, Option<ConnectReturnCode>) {
        let (client, connack) = Self::connect_as(tls, id, user, password, keep_alive, true);
        (client, connack.map(|(code, _)| code))
    }

    /// The same with a session that is clean or not. Beside the return code it tells whether the session is an earlier one.
    pub(crate) fn connect_as(
        tls: Tls,
        id: &str,
        user: &str,
        password: Option<&str>,
        keep_alive: u16,
        is_clean: bool,
    ) -> (Self, Option<(ConnectReturnCode, bool)>) {
        let mut wire = Wire::new(tls, Version::V3_1_1);
        wire.engine.set_auto_pub_response(true);
        let mut client = Self { wire };
        let connect = v3_1_1::Connect::builder().client_id(id).unwrap().user_name(user).unwrap();
        let connect = match password {
            Some(password) => connect.password(password).unwrap(),
            None => connect,
        };
        let connect = connect.clean_session(is_clean).keep_alive(keep_alive).build().unwrap();
        client.wire.send(connect.into());
        match client.wire.receive() {
            Some(Packet::V3_1_1Connack(connack)) => (client, Some((connack.return_code(), connack.session_present()))),
            None => (client, None),
            other => panic!("{other:?}"),
        }
    }

    /// Logs in with a will: its topic, its payload and its quality of service.
    pub(crate) fn connect_with_will(
        tls: Tls,
        id: &str,
        user: &str,
        password: &str,
        (topic, payload, qos): (&str, &str, Qos),
    ) -> (Self, ConnectReturnCode) {
        let mut client = Self { wire: Wire::new(tls, Version::V3_1_1) };
        let connect = v3_1_1::Connect::builder().client_id(id).unwrap().user_name(user).unwrap();
        let connect = connect.password(password).unwrap().will_message(topic, payload, qos, false).unwrap();
        client.wire.send(connect.clean_session(true).build().unwrap().into());
        match client.wire.receive() {
            Some(Packet::V3_1_1Connack(connack)) => (client, connack.return_code()),
            other => panic!("{other:?}"),
        }
    }

    /// Whether messages at `QoS` 1 are acknowledged.
    pub(crate) fn acknowledge(&mut self, does: bool) {
        self.wire.engine.set_auto_pub_response(does);
    }

    pub(crate) fn disconnect(&mut self) {
        self.wire.send(v3_1_1::Disconnect::new().into());
    }

    pub(crate) fn subscribe(&mut self, filter: &str, qos: Qos) -> SubackReturnCode {
        let entry = SubEntry::new(filter, SubOpts::new().set_qos(qos)).unwrap();
        let id = self.wire.engine.acquire_packet_id().unwrap();
        self.wire.send(v3_1_1::Subscribe::builder().packet_id(id).entries(vec![entry]).build().unwrap().into());
        match self.wire.receive().unwrap() {
            Packet::V3_1_1Suback(suback) => suback.return_codes()[0],
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &str) {
        let publish = v3_1_1::Publish::builder().topic_name(topic).unwrap().payload(payload).qos(Qos::AtMostOnce);
        self.wire.send(publish.build().unwrap().into());
    }

    /// Publishes at `QoS` 1. `false` when the connection ends without an acknowledgement.
    pub(crate) fn publish_acknowledged(&mut self, topic: &str, payload: &str) -> bool {
        let id = self.wire.engine.acquire_packet_id().unwrap();
        let publish = v3_1_1::Publish::builder().topic_name(topic).unwrap().payload(payload).qos(Qos::AtLeastOnce);
        self.wire.send(publish.packet_id(id).build().unwrap().into());
        match self.wire.receive() {
            Some(Packet::V3_1_1Puback(_)) => true,
            None => false,
            other => panic!("{other:?}"),
        }
    }

    /// Sends a PINGREQ and waits for the answer. `false` when the connection ends.
    pub(crate) fn ping(&mut self) -> bool {
        self.wire.send(v3_1_1::Pingreq::new().into());
        match self.wire.receive() {
            Some(Packet::V3_1_1Pingresp(_)) => true,
            None => false,
            other => panic!("{other:?}"),
        }
    }

    /// Bytes of an incomplete packet.
    pub(crate) fn begin(&mut self, bytes: &[u8]) {
        self.wire.tls.write_all(bytes).unwrap();
    }

    /// The next message: its topic, its payload and its quality of service. `None` when the connection ends.
    pub(crate) fn message(&mut self) -> Option<(String, String, Qos)> {
        match self.wire.receive()? {
            Packet::V3_1_1Publish(publish) => {
                let payload = String::from_utf8(publish.payload().as_slice().to_vec()).unwrap();
                Some((publish.topic_name().into(), payload, publish.qos()))
            }
            other => panic!("{other:?}"),
        }
    }
}
