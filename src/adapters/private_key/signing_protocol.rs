//! What [`ProcessKey`](super::ProcessKey) and a process that signs send each other, over a stream socket.
//!
//! Numbers are big-endian. When a client connects, the process sends:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version: 1 |
//! | 2 | the length of the public key, at most 2048 |
//! | as many | the public key: a `SubjectPublicKeyInfo` in DER |
//! | 1 | how many schemes follow |
//! | 2 each | a signature scheme by its number in TLS (RFC 8446, section 4.2.3), the preferred one first. Only what works |
//!
//! Then the client sends requests, one after the other, each when the answer to the one before has come:
//!
//! | bytes | what |
//! |---|---|
//! | 2 | the scheme |
//! | 4 | the length of the message, at most 262,144 |
//! | as many | the message, which is not hashed yet |
//!
//! The process answers each:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | 0: signed. 1: not now, but the same may succeed later. 2: it fails in the same way until somebody changes something |
//! | 2 | the length of what follows, at most 2048 |
//! | as many | the signature in the form of TLS (`ECDSA-Sig-Value` in DER, or the bytes of an RSA signature); or the reason, in UTF-8 |
//!
//! Either side ends the connection after anything else. A client uses several connections for signatures at the same time,
//! and may send the same request again over a new one when a connection ends without an answer.
//!
//! Who can connect can sign: the process gives the socket to its clients alone, by the permissions of the socket and
//! of its folder. `examples/signing_process.rs` is such a process.

use crate::key::SignatureScheme;
use alloc::{string::String, vec, vec::Vec};
use std::io::{Error, ErrorKind, Read, Result};

/// The version that is spoken here.
pub const VERSION: u8 = 1;
/// The longest public key, in bytes: that of an RSA key of 8192 bits has 1062.
pub const PUBLIC_KEY_LIMIT: usize = 2048;
/// The longest message, in bytes. In TLS 1.2 it is the whole handshake, with the server's certificates.
pub const MESSAGE_LIMIT: usize = 262_144;
/// The longest signature or reason, in bytes.
pub const ANSWER_LIMIT: usize = 2048;

/// What the process sends first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// A `SubjectPublicKeyInfo` in DER.
    pub public_key: Vec<u8>,
    /// The preferred scheme first.
    pub schemes: Vec<SignatureScheme>,
}

impl Hello {
    /// Reads it. Schemes that are not known here are left out.
    ///
    /// # Errors
    /// Those of the reader; `InvalidData` when it is not of this protocol.
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let [version] = array(from)?;
        if version != VERSION {
            return Err(invalid("it begins with another version of the protocol than 1"));
        }
        let length = u16::from_be_bytes(array(from)?).into();
        if length == 0 {
            return Err(invalid("the public key is empty"));
        }
        let public_key = bytes(from, length, PUBLIC_KEY_LIMIT, "the public key is longer than 2048 bytes")?;
        let [count] = array(from)?;
        let mut schemes = Vec::new();
        for _ in 0..count {
            schemes.extend(SignatureScheme::from_number(u16::from_be_bytes(array(from)?)));
        }
        if schemes.is_empty() {
            return Err(invalid("it names no signature scheme that is known here"));
        }
        Ok(Self { public_key, schemes })
    }

    /// The bytes of it. `None` when a part is longer than the protocol allows.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let length = length(&self.public_key, PUBLIC_KEY_LIMIT)?;
        let count = u8::try_from(self.schemes.len()).ok()?;
        let schemes = self.schemes.iter().flat_map(|scheme| scheme.number().to_be_bytes()).collect::<Vec<_>>();
        Some([&[VERSION], &length.to_be_bytes()[..], &self.public_key, &[count], &schemes].concat())
    }
}

/// What the client wants to have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The scheme's number in TLS, which the process may not know.
    pub scheme: u16,
    /// The message, which is not hashed yet.
    pub message: Vec<u8>,
}

impl Request {
    /// Reads it. `None` when the client ended the connection before it.
    ///
    /// # Errors
    /// Those of the reader; `InvalidData` when the message is too long.
    pub fn read(from: &mut impl Read) -> Result<Option<Self>> {
        let mut first = [0];
        loop {
            match from.read(&mut first) {
                Ok(0) => return Ok(None),
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let ([high], [low]) = (first, array(from)?);
        let length = usize::try_from(u32::from_be_bytes(array(from)?)).unwrap_or(usize::MAX);
        let message = bytes(from, length, MESSAGE_LIMIT, "the message is longer than 262144 bytes")?;
        Ok(Some(Self { scheme: u16::from_be_bytes([high, low]), message }))
    }

    /// The bytes of a request. `None` when the message is longer than the protocol allows.
    #[must_use]
    pub fn to_bytes(scheme: SignatureScheme, message: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= MESSAGE_LIMIT)?;
        Some([&scheme.number().to_be_bytes()[..], &length.to_be_bytes(), message].concat())
    }
}

/// What the process answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A signature in the form of TLS.
    Signed(Vec<u8>),
    /// Not now, and why. The same may succeed later.
    Temporary(String),
    /// Why it fails, until somebody changes something.
    Permanent(String),
}

impl Answer {
    /// Reads it.
    ///
    /// # Errors
    /// Those of the reader; `InvalidData` when it is not of this protocol.
    pub fn read(from: &mut impl Read) -> Result<Self> {
        let [status] = array(from)?;
        if status > 2 {
            return Err(invalid("its status is none of the protocol"));
        }
        let length = u16::from_be_bytes(array(from)?).into();
        let content = bytes(from, length, ANSWER_LIMIT, "it is longer than 2048 bytes")?;
        if status == 0 {
            return Ok(Self::Signed(content));
        }
        let reason = String::from_utf8(content).map_err(|_| invalid("its reason is not UTF-8"))?;
        Ok(if status == 1 { Self::Temporary(reason) } else { Self::Permanent(reason) })
    }

    /// The bytes of it. `None` when it is longer than the protocol allows.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let (status, content) = match self {
            Self::Signed(signature) => (0, signature.as_slice()),
            Self::Temporary(reason) => (1, reason.as_bytes()),
            Self::Permanent(reason) => (2, reason.as_bytes()),
        };
        Some([&[status], &length(content, ANSWER_LIMIT)?.to_be_bytes()[..], content].concat())
    }
}

fn length(of: &[u8], limit: usize) -> Option<u16> {
    u16::try_from(of.len()).ok().filter(|_| of.len() <= limit)
}

fn array<const LENGTH: usize>(from: &mut impl Read) -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    from.read_exact(&mut bytes).map(|()| bytes)
}

/// Nothing is allocated for a length beyond its limit.
fn bytes(from: &mut impl Read, length: usize, limit: usize, reason: &'static str) -> Result<Vec<u8>> {
    if length > limit {
        return Err(invalid(reason));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).map(|()| bytes)
}

fn invalid(reason: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_the_bytes_of_the_table() {
        let hello = Hello { public_key: vec![0x30, 0], schemes: vec![SignatureScheme::RsaPssSha256] };
        let bytes = [1, 0, 2, 0x30, 0, 1, 0x08, 0x04];
        assert_eq!((hello.to_bytes().unwrap(), Hello::read(&mut &bytes[..]).unwrap()), (bytes.to_vec(), hello));
        let bytes = [0x04, 0x03, 0, 0, 0, 2, 7, 8];
        assert_eq!(Request::to_bytes(SignatureScheme::EcdsaP256Sha256, &[7, 8]).unwrap(), bytes);
        let request = Request::read(&mut &bytes[..]).unwrap().unwrap();
        assert_eq!((request.scheme, request.message), (0x0403, vec![7, 8]));
        for (answer, bytes) in [
            (Answer::Signed(vec![9]), [0, 0, 1, 9]),
            (Answer::Temporary("x".into()), [1, 0, 1, b'x']),
            (Answer::Permanent("x".into()), [2, 0, 1, b'x']),
        ] {
            assert_eq!((answer.to_bytes().unwrap(), Answer::read(&mut &bytes[..]).unwrap()), (bytes.to_vec(), answer));
        }
    }

    #[test]
    fn what_is_cut_is_not_read() {
        let hello = [1, 0, 2, 0x30, 0, 2, 0x08, 0x04, 0x04, 0x03];
        let request = [0x04, 0x03, 0, 0, 0, 2, 7, 8];
        let ended = |error: Error| assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        (0..hello.len()).for_each(|length| ended(Hello::read(&mut &hello[..length]).unwrap_err()));
        (1..request.len()).for_each(|length| ended(Request::read(&mut &request[..length]).unwrap_err()));
        (0..4).for_each(|length| ended(Answer::read(&mut &[0, 0, 1, 9][..length]).unwrap_err()));
        assert_eq!(Request::read(&mut &[][..]).unwrap(), None);
    }

    #[test]
    fn what_the_protocol_does_not_have_is_refused() {
        for bytes in [&[0][..], &[2], b"HTTP/1.1 400", &[1, 0, 0], &[1, 8, 1], &[1, 0, 1, 0, 0], &[1, 0, 1, 0, 1, 8, 7]]
        {
            assert_eq!(Hello::read(&mut &bytes[..]).unwrap_err().kind(), ErrorKind::InvalidData, "{bytes:?}");
        }
        for bytes in [&[3][..], &[0xff], &[0, 8, 1], &[1, 0, 1, 0xff]] {
            assert_eq!(Answer::read(&mut &bytes[..]).unwrap_err().kind(), ErrorKind::InvalidData, "{bytes:?}");
        }
        for length in [[0, 4, 0, 1], [0xff; 4]] {
            let bytes = [&[4, 3][..], &length].concat();
            assert_eq!(Request::read(&mut &bytes[..]).unwrap_err().kind(), ErrorKind::InvalidData);
        }
        let scheme = SignatureScheme::EcdsaP256Sha256;
        assert!(Request::to_bytes(scheme, &vec![0; MESSAGE_LIMIT]).is_some());
        assert_eq!(Request::to_bytes(scheme, &vec![0; MESSAGE_LIMIT + 1]), None);
        assert_eq!(Answer::Signed(vec![0; ANSWER_LIMIT + 1]).to_bytes(), None);
        assert_eq!(Hello { public_key: vec![0; PUBLIC_KEY_LIMIT + 1], schemes: vec![scheme] }.to_bytes(), None);
        assert_eq!(Hello { public_key: vec![0], schemes: vec![scheme; 256] }.to_bytes(), None);
    }
}
