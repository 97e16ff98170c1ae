use std::{fmt, time::Duration};

defender_auth::with_structure! {
    /// Why there is no session.
    #[derive(thiserror::Error)]
    #[non_exhaustive]
    pub enum Error {
        /// TLS cannot be set up on this side.
        #[error(transparent)]
        Tls(#[from] defender_auth::error::TlsError),
        /// A request that MQTT cannot carry.
        #[error("MQTT cannot carry this request; lookups, TPMs and requests to a hub want HTTPS")]
        NotCarried,
        /// A value that MQTT cannot carry.
        #[error("the {field} cannot be sent over MQTT; it is too long or not UTF-8")]
        Unsendable {
            /// Which field of the CONNECT.
            field: &'static str,
        },
        /// Nobody was reached.
        #[error("{place} cannot be reached: {error}; check the name, the network and the firewall")]
        Unreachable {
            /// Host and port.
            place: String,
            /// What the system said.
            #[source]
            error: std::io::Error,
        },
        /// No other connection can be opened here.
        #[error(
            "no connection to {place} can be opened, because too many files are open; close some, or raise the limit (ulimit -n)"
        )]
        TooManyOpen {
            /// Host and port.
            place: String,
        },
        /// Somebody was reached who is not the hub, or cannot prove it.
        #[error("the server at {place} is not trusted: {reason}; check the host name and the root certificates")]
        Untrusted {
            /// Host and port.
            place: String,
            /// What TLS said.
            reason: String,
        },
        /// The server ended the handshake and said why: it wants a certificate, or another one.
        #[error(
            "{place} ended the TLS handshake: {reason}; check the client certificate, whether the server wants one, and its \
             versions of TLS"
        )]
        Rejected {
            /// Host and port.
            place: String,
            /// What the server said.
            reason: String,
        },
        /// The connection ended before the answer came.
        #[error("{place} ended the connection before it answered; it may not be an MQTT server of IoT Hub")]
        Closed {
            /// Host and port.
            place: String,
        },
        /// No answer came in time.
        #[error("{place} did not answer within {} s; try again, and check what stands between", limit.as_secs())]
        Silent {
            /// Host and port.
            place: String,
            /// How long was waited.
            limit: Duration,
        },
        /// What came is not MQTT.
        #[error("what {place} answers is not MQTT 3.1.1; check host and port")]
        Protocol {
            /// Host and port.
            place: String,
        },
        /// A packet that no hub sends.
        #[error("{place} sends a packet of more than {limit} bytes, as no hub does; check host and port")]
        TooLarge {
            /// Host and port.
            place: String,
            /// The largest that is read, in bytes.
            limit: usize,
        },
        /// Other packets without end in the place of an answer.
        #[error("{place} sends more than {limit} packets and no answer among them; it may not be a service of Azure IoT")]
        TooMany {
            /// Host and port.
            place: String,
            /// How many are taken.
            limit: usize,
        },
        /// The server does not let this login listen there.
        #[error("{place} refuses a subscription to {topic}; check which topics this identity may have")]
        NotSubscribed {
            /// Host and port.
            place: String,
            /// The topic.
            topic: String,
        },
        /// The hub said no.
        #[error("the hub refused the connection: {0}")]
        Refused(Refusal),
    }
}

defender_auth::debug_as_text! { Error }

/// The hub's answer to a CONNECT, the return code of its CONNACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(u8);

impl Refusal {
    pub(crate) const fn new(code: u8) -> Self {
        Self(code)
    }

    /// The return code: 1 to 5.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.0
    }

    /// Whether it is about who asks, not about how or when.
    #[must_use]
    pub const fn is_about_identity(self) -> bool {
        matches!(self.0, 2 | 4 | 5)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.0 {
            1 => "it does not speak this version of MQTT",
            2 => "it does not accept the client id",
            3 => "it is not available now",
            4 => "it does not accept the user name or the password as they are written",
            5 => "it does not accept that this identity is who it says it is",
            _ => "it gives no known reason",
        };
        write!(f, "{meaning} (CONNACK {})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_server_does_not_like() {
        for (code, words, is_about_identity) in [
            (1, "version of MQTT", false),
            (2, "the client id", true),
            (3, "not available now", false),
            (4, "the user name or the password", true),
            (5, "who it says it is", true),
            (6, "no known reason", false),
        ] {
            let refusal = Refusal::new(code);
            let text = refusal.to_string();
            assert!(text.contains(words) && text.ends_with(&format!("(CONNACK {code})")), "{text}");
            assert_eq!((refusal.code(), refusal.is_about_identity()), (code, is_about_identity));
        }
    }
}
