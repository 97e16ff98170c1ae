//! The login at a hub with the connection profile `mqttV5`: a CONNECT of MQTT 5, a subscription, and a message of presence
//! that the hub acknowledges. A client is connected only after that.
//!
//! ```text
//! Connecting --CONNACK--> Subscribing --SUBACK--> Announcing --birth-ack--> Acknowledged
//! ```
//!
//! The SUBACK and the acknowledgement are each waited for [`WAIT`], and then a new login begins, with a new correlation.
//!
//! A CONNACK or a DISCONNECT that refuses has a [`ReasonCode`](super::ReasonCode).
//!
//! Source: `Azure/azure-iot-sdk:c/docs/connecting.md`, `Azure/azure-iot-sdk:c/tests/unit/connection_client_test.c`.

use super::{AGENT, presence_payload};
use crate::{
    base::encode,
    identity::{DeviceId, HostName, Identity},
};
use alloc::{format, string::String, vec::Vec};
use core::{fmt, str::FromStr, time::Duration};

/// How long the SUBACK is waited for, and the acknowledgement of the birth.
pub const WAIT: Duration = Duration::from_secs(60);

/// The session expiry interval of the CONNECT, in seconds.
pub const SESSION_EXPIRY: u32 = 3600;

/// The user property of a message that says what it is.
pub const TYPE: &str = "type";

/// What ties a birth to its acknowledgement, and a login to the hub's records: a UUID of version 4 (RFC 9562). It serves one
/// login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correlation([u8; 16]);

impl Correlation {
    /// Of random bytes, of which six bits are replaced.
    #[must_use]
    pub const fn from_entropy(mut bytes: [u8; 16]) -> Self {
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0f | 0x40;
        *variant = *variant & 0x3f | 0x80;
        Self(bytes)
    }

    /// The bytes of the correlation data.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 32 digits in lower case, as in the user name.
impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text is no correlation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a correlation is 32 hexadecimal digits")]
pub struct NotCorrelation;

/// Older clients write upper case.
impl FromStr for Correlation {
    type Err = NotCorrelation;

    fn from_str(text: &str) -> Result<Self, NotCorrelation> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let pairs: &[[u8; 2]; 16] = pairs.try_into().map_err(|_| NotCorrelation)?;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let [high, low] =
                pair.map(|digit| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
            *byte = high.zip(low).map(|(high, low)| high << 4 | low).ok_or(NotCorrelation)?;
        }
        if rest.is_empty() { Ok(Self(bytes)) } else { Err(NotCorrelation) }
    }
}

/// The CONNECT: MQTT 5, clean start off, a session expiry of [`SESSION_EXPIRY`], a client certificate and no password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connecting {
    /// The host to connect to: port 8883, or a WebSocket.
    pub host: HostName,
    /// The device ID.
    pub client_id: String,
    /// The correlation and the name of the client.
    pub user_name: String,
    announcing: Announcing,
}

impl Connecting {
    /// The login of a device. `None` for a module, which the profile does not have.
    ///
    /// ```
    /// use defender_auth::{identity::Identity, mqtt::presence::{Connecting, Correlation}};
    ///
    /// let me = Identity::device("contoso.azure-devices.net".parse()?, "dev-01".parse()?);
    /// // Sixteen bytes of the system's random generator, new for each login.
    /// let login = Connecting::new(&me, Correlation::from_entropy([7; 16])).expect("a device");
    /// assert!(login.user_name.starts_with("correlationId=07070707070747078707070707070707&clientVersion=defender-auth%2F"));
    /// let subscribing = login.accepted(false);
    /// assert_eq!(subscribing.topic(), "ih/dev-01/dev/#");
    /// let announcing = subscribing.granted();
    /// assert_eq!(announcing.birth().kind, "birth:1");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(identity: &Identity, correlation: Correlation) -> Option<Self> {
        Self::new_as(identity, correlation, AGENT)
    }

    /// The same for a client with a name of its own, such as `contoso-agent/2.1`.
    #[must_use]
    pub fn new_as(identity: &Identity, correlation: Correlation, user_agent: &str) -> Option<Self> {
        if identity.module_id().is_some() {
            return None;
        }
        let device = identity.device_id().clone();
        Some(Self {
            host: identity.endpoint().clone(),
            client_id: device.as_str().into(),
            user_name: format!("correlationId={correlation}&clientVersion={}", encode::percent(user_agent)),
            announcing: Announcing { device, correlation, session_present: false },
        })
    }

    /// The CONNACK accepts it, with this flag.
    #[must_use]
    pub fn accepted(self, session_present: bool) -> Subscribing {
        Subscribing(Announcing { session_present, ..self.announcing })
    }
}

/// The subscription, at `QoS` 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribing(Announcing);

impl Subscribing {
    /// The topic filter.
    #[must_use]
    pub fn topic(&self) -> String {
        format!("ih/{}/dev/#", self.0.device)
    }

    /// The SUBACK grants it. One that does not ends the login.
    #[must_use]
    pub fn granted(self) -> Announcing {
        self.0
    }
}

/// The birth, which is published at `QoS` 0, and the wait for its acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcing {
    device: DeviceId,
    correlation: Correlation,
    session_present: bool,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Birth {
    /// The topic.
    pub topic: String,
    /// The value of the user property [`TYPE`].
    pub kind: &'static str,
    /// The correlation data.
    pub correlation: Correlation,
    /// The payload.
    pub payload: Vec<u8>,
}

/// A message that has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The value of the user property [`TYPE`], if it has one.
    pub kind: Option<&'a str>,
    /// The correlation data, if it has some.
    pub correlation: Option<&'a [u8]>,
    /// The payload.
    pub payload: &'a [u8],
}

/// The hub has acknowledged the birth: the client is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acknowledged {
    /// The version of the desired properties, if the hub says it.
    pub desired_version: Option<u64>,
    /// The version of the reported properties, if the hub says it.
    pub reported_version: Option<u64>,
}

/// The payload of an acknowledgement cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the hub's acknowledgement of presence cannot be read; log in again, and check that the hub has the profile mqttV5"
)]
pub struct Unreadable;

impl Announcing {
    /// The message to publish. `push` has the hub send changes of the twin and commands without further requests.
    #[must_use]
    pub fn birth_with(&self, push: bool) -> Birth {
        let topic = format!("ih/{}/srv/presence", self.device);
        let payload = presence_payload::birth(self.session_present, push);
        Birth { topic, kind: "birth:1", correlation: self.correlation, payload }
    }

    /// The same without a request to be sent anything, as clients do by default.
    #[must_use]
    pub fn birth(&self) -> Birth {
        self.birth_with(false)
    }

    /// The acknowledgement, if a message is that of this birth. `None` for any other, which is not an error: the
    /// acknowledgement of an earlier login may arrive late.
    ///
    /// # Errors
    /// When its payload cannot be read.
    #[must_use]
    pub fn received(&self, message: &Incoming<'_>) -> Option<Result<Acknowledged, Unreadable>> {
        let device = message.topic.strip_prefix("ih/")?.strip_suffix("/dev/presence")?;
        let version = message.kind?.strip_prefix("birth-ack")?;
        let is_version = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_kind = version.is_empty() || version.strip_prefix(':').is_some_and(is_version);
        let is_ours = device == self.device.as_str() && message.correlation == Some(self.correlation.as_bytes());
        if !is_kind || !is_ours {
            return None;
        }
        let versions = presence_payload::versions(message.payload);
        Some(
            versions
                .map(|[desired_version, reported_version]| Acknowledged { desired_version, reported_version })
                .ok_or(Unreadable),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    const NONCE: Correlation = Correlation([0xab; 16]);

    fn announcing(session_present: bool) -> Announcing {
        let me = Identity::device("h.net".parse().unwrap(), "dev-01".parse().unwrap());
        Connecting::new(&me, NONCE).unwrap().accepted(session_present).granted()
    }

    fn acknowledgement(payload: &[u8]) -> Incoming<'_> {
        let correlation = Some(NONCE.as_bytes().as_slice());
        Incoming { topic: "ih/dev-01/dev/presence", kind: Some("birth-ack"), correlation, payload }
    }

    #[test]
    fn a_correlation_is_a_uuid_of_version_4_in_either_case() {
        for entropy in [[0; 16], [0xff; 16]] {
            let text = Correlation::from_entropy(entropy).to_string();
            assert_eq!((text.len(), &text[12..13]), (32, "4"));
            assert!(["8", "b"].contains(&&text[16..17]), "{text}");
            let upper = text.to_uppercase().parse();
            assert_eq!(upper, text.parse());
            assert_eq!(upper, Ok(Correlation::from_entropy(entropy)));
        }
        for bad in ["", "a", &"g".repeat(32), &"a".repeat(31), &"a".repeat(33), &"a".repeat(34), &"é".repeat(16)] {
            assert_eq!(bad.parse::<Correlation>(), Err(NotCorrelation), "{bad}");
        }
    }

    #[test]
    fn the_birth_is_empty_but_for_what_it_has_to_say() {
        let birth = announcing(false).birth();
        assert_eq!((birth.topic.as_str(), birth.kind, birth.correlation), ("ih/dev-01/srv/presence", "birth:1", NONCE));
        assert!(birth.payload.is_empty());
        assert_eq!(announcing(false).birth_with(true).payload, [0x60, 1, 0x68, 1]);
        assert_eq!(announcing(true).birth().payload, [8, 1]);
        assert_eq!(announcing(true).birth_with(true).payload, [8, 1, 0x60, 1, 0x68, 1]);
    }

    #[test]
    fn the_acknowledgement_of_this_birth_ends_the_login() {
        let waiting = announcing(false);
        assert_eq!(waiting.received(&acknowledgement(b"")), Some(Ok(Acknowledged::default())));
        let versions = [0x50, 0xac, 2, 0x58, 7];
        let read = waiting.received(&Incoming { kind: Some("birth-ack:12"), ..acknowledgement(&versions) });
        let expected = Acknowledged { desired_version: Some(300), reported_version: Some(7) };
        assert_eq!(read, Some(Ok(expected)));
        assert_eq!(waiting.received(&acknowledgement(&[0x50])), Some(Err(Unreadable)));
    }

    #[test]
    fn other_messages_are_not_the_acknowledgement() {
        let (waiting, right) = (announcing(false), acknowledgement(b""));
        for other in [
            Incoming { topic: "ih/dev-02/dev/presence", ..right },
            Incoming { topic: "ih/dev-01/dev/twin", ..right },
            Incoming { topic: "", ..right },
            Incoming { kind: None, ..right },
            Incoming { kind: Some("birth-ack:"), ..right },
            Incoming { kind: Some("birth-ack:x"), ..right },
            Incoming { kind: Some("birth-acknowledged"), ..right },
            Incoming { kind: Some("death"), ..right },
            Incoming { correlation: None, ..right },
            Incoming { correlation: Some(&[0xab; 15]), ..right },
            Incoming { correlation: Some(&[0xac; 16]), ..right },
        ] {
            assert_eq!(waiting.received(&other), None, "{other:?}");
        }
    }

    #[test]
    fn a_module_has_no_such_login_and_a_gateway_is_dialled() {
        let me = Identity::device("h.net".parse().unwrap(), "d".parse().unwrap());
        let module = Identity::module("h.net".parse().unwrap(), "d".parse().unwrap(), "m".parse().unwrap());
        assert!(Connecting::new(&module, NONCE).is_none());
        let behind = Connecting::new(&me.with_gateway("edge.local".parse().unwrap()), NONCE).unwrap();
        assert_eq!(behind.host.as_str(), "edge.local");
    }
}
