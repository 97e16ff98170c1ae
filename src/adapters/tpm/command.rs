use crate::base::secret::SecretBytes;

/// Two bytes of tag, four of length, four of command or response code.
pub(super) const HEADER: usize = 10;
/// `TPM_ST_NO_SESSIONS`
const NO_SESSIONS: u16 = 0x8001;
/// `TPM_ST_SESSIONS`
pub(super) const SESSIONS: u16 = 0x8002;
/// `TPM_RS_PW`: a password in the place of a session.
const PASSWORD: u32 = 0x4000_0009;

/// A command, with its code.
///
/// Source: TPM 2.0 library specification, part 2, "`TPM_CC` Listing".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Op {
    EvictControl = 0x120,
    CreatePrimary = 0x131,
    SequenceComplete = 0x13e,
    Startup = 0x144,
    ActivateCredential = 0x147,
    PolicySecret = 0x151,
    Create = 0x153,
    Hmac = 0x155,
    Import = 0x156,
    Load = 0x157,
    RsaDecrypt = 0x159,
    HmacStart = 0x15b,
    SequenceUpdate = 0x15c,
    Sign = 0x15d,
    FlushContext = 0x165,
    ReadPublic = 0x173,
    StartAuthSession = 0x176,
    GetCapability = 0x17a,
    GetTestResult = 0x17c,
    TestParms = 0x18a,
}

impl Op {
    /// The name in the specification.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EvictControl => "EvictControl",
            Self::CreatePrimary => "CreatePrimary",
            Self::SequenceComplete => "SequenceComplete",
            Self::Startup => "Startup",
            Self::ActivateCredential => "ActivateCredential",
            Self::PolicySecret => "PolicySecret",
            Self::Create => "Create",
            Self::Hmac => "HMAC",
            Self::Import => "Import",
            Self::Load => "Load",
            Self::RsaDecrypt => "RSA_Decrypt",
            Self::HmacStart => "HMAC_Start",
            Self::SequenceUpdate => "SequenceUpdate",
            Self::Sign => "Sign",
            Self::FlushContext => "FlushContext",
            Self::ReadPublic => "ReadPublic",
            Self::StartAuthSession => "StartAuthSession",
            Self::GetCapability => "GetCapability",
            Self::GetTestResult => "GetTestResult",
            Self::TestParms => "TestParms",
        }
    }

    /// Whether its response begins with a handle.
    pub(super) const fn answers_with_a_handle(self) -> bool {
        matches!(self, Self::CreatePrimary | Self::Load | Self::HmacStart | Self::StartAuthSession)
    }
}

/// The authorization for a handle.
#[derive(Clone, Copy)]
pub(super) enum Auth<'a> {
    /// Its password, which is mostly empty.
    Password(&'a [u8]),
    /// A policy session. It ends with the command if that succeeds.
    Policy(u32),
}

impl Auth<'_> {
    fn write(self, out: &mut Writer<'_>) {
        match self {
            Self::Password(password) => {
                out.write(&[Part::Word(PASSWORD), Part::Sized(&[]), Part::Byte(1), Part::Sized(password)]);
            }
            // No HMAC is computed in this session, so it has no nonce either.
            Self::Policy(session) => {
                out.write(&[Part::Word(session), Part::Sized(&[]), Part::Byte(0), Part::Sized(&[])]);
            }
        }
    }

    /// Handle, nonce, attributes, password.
    const fn len(self) -> usize {
        match self {
            Self::Password(password) => 9 + password.len(),
            Self::Policy(_) => 9,
        }
    }
}

/// A part of a command.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Byte(u8),
    Short(u16),
    Word(u32),
    /// Bytes without a length.
    Bytes(&'a [u8]),
    /// Bytes after their length in two bytes, which is enough for everything that is sent.
    Sized(&'a [u8]),
}

impl Part<'_> {
    /// A length as a part of its own.
    pub(super) fn short_of(length: usize) -> Self {
        Self::Short(short(length))
    }

    pub(super) const fn len(self) -> usize {
        match self {
            Self::Byte(_) => 1,
            Self::Short(_) => 2,
            Self::Word(_) => 4,
            Self::Bytes(bytes) => bytes.len(),
            Self::Sized(bytes) => 2 + bytes.len(),
        }
    }
}

struct Writer<'a>(&'a mut SecretBytes);

impl Writer<'_> {
    fn write(&mut self, parts: &[Part<'_>]) {
        let out = self.0.as_vec_mut();
        for part in parts {
            match *part {
                Part::Byte(byte) => out.push(byte),
                Part::Short(number) => out.extend(number.to_be_bytes()),
                Part::Word(number) => out.extend(number.to_be_bytes()),
                Part::Bytes(bytes) => out.extend_from_slice(bytes),
                Part::Sized(bytes) => {
                    out.extend(short(bytes.len()).to_be_bytes());
                    out.extend_from_slice(bytes);
                }
            }
        }
    }
}

fn short(length: usize) -> u16 {
    debug_assert!(u16::try_from(length).is_ok(), "{length} bytes");
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn word(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A command as it is sent, in memory of its exact size. It is wiped, because it may hold a password or a key.
pub(super) struct Command {
    pub(super) op: Op,
    pub(super) handles: [u32; 2],
    /// The number of authorizations in it and in its response.
    pub(super) auths: usize,
    bytes: SecretBytes,
}

impl Command {
    /// Header, handles, authorizations, parameters.
    pub(super) fn new(op: Op, handles: &[u32], auths: &[Auth<'_>], parameters: &[Part<'_>]) -> Self {
        let authorized: usize = auths.iter().map(|auth| auth.len()).sum();
        let area = if auths.is_empty() { 0 } else { 4 + authorized };
        let size = HEADER + 4 * handles.len() + area + parameters.iter().map(|part| part.len()).sum::<usize>();
        let mut bytes = SecretBytes::with_capacity(size);
        let mut out = Writer(&mut bytes);
        let tag = if auths.is_empty() { NO_SESSIONS } else { SESSIONS };
        out.write(&[Part::Short(tag), Part::Word(word(size)), Part::Word(op as u32)]);
        for handle in handles {
            out.write(&[Part::Word(*handle)]);
        }
        if !auths.is_empty() {
            out.write(&[Part::Word(word(authorized))]);
            for auth in auths {
                auth.write(&mut out);
            }
        }
        out.write(parameters);
        debug_assert_eq!(bytes.expose().len(), size, "a command that was moved left a copy of its beginning");
        let mut named = [0; 2];
        named.iter_mut().zip(handles).for_each(|(to, handle)| *to = *handle);
        Self { op, handles: named, auths: auths.len(), bytes }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_without_authorization_is_header_handles_parameters() {
        let command = Command::new(Op::Startup, &[], &[], &[Part::Short(0)]);
        assert_eq!(command.as_bytes(), [0x80, 1, 0, 0, 0, 0xc, 0, 0, 1, 0x44, 0, 0]);
        let command = Command::new(Op::ReadPublic, &[0x8100_0001], &[], &[]);
        assert_eq!(command.as_bytes(), [0x80, 1, 0, 0, 0, 0xe, 0, 0, 1, 0x73, 0x81, 0, 0, 1]);
    }

    #[test]
    fn authorizations_are_between_handles_and_parameters() {
        let auths = [Auth::Password(b"pw"), Auth::Policy(0x0300_0000)];
        let command = Command::new(Op::ActivateCredential, &[1, 2], &auths, &[Part::Sized(&[7]), Part::Byte(9)]);
        let expected: &[&[u8]] = &[
            &[0x80, 2, 0, 0, 0, 46, 0, 0, 1, 0x47, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 20],
            &[0x40, 0, 0, 9, 0, 0, 1, 0, 2, b'p', b'w'],
            &[3, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 1, 7, 9],
        ];
        assert_eq!(command.as_bytes(), expected.concat());
        assert_eq!((command.handles, command.auths), ([1, 2], 2));
    }
}
