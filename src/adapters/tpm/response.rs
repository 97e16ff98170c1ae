use super::command::{Command, HEADER, Op, SESSIONS};
use crate::{
    base::secret::SecretBytes,
    error::{ResponseCode, TpmError},
};

/// The longest response that is read, in bytes: the size of a TPM's buffer.
pub const RESPONSE_LIMIT: usize = 4096;

/// The bytes do not follow the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads bytes in order, and never beyond their end.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn short(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn word(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// Bytes that follow their length in two bytes.
    pub(super) fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.short()?;
        self.take(length.into())
    }

    /// The same, with the length.
    pub(super) fn whole(&mut self) -> Result<&'a [u8], Malformed> {
        let all = self.0;
        let length = 2 + self.sized()?.len();
        all.get(..length).ok_or(Malformed)
    }

    /// Checks that all bytes were read.
    pub(super) const fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// A response. It is wiped when dropped, because it may hold a key.
pub(super) struct Response {
    op: Op,
    auths: usize,
    bytes: SecretBytes,
}

impl Response {
    /// The complete response to a command.
    pub(super) fn new(command: &Command, bytes: SecretBytes) -> Self {
        Self { op: command.op, auths: command.auths, bytes }
    }

    const fn malformed(&self) -> TpmError {
        TpmError::Answer { command: self.op.name() }
    }

    /// The response code. It is read first: the rest of a response depends on it, and an error may have the tag of a
    /// TPM 1.2.
    pub(super) fn code(&self) -> Result<ResponseCode, TpmError> {
        let mut header = Reader::new(self.bytes.expose());
        let mut read = || {
            header.short()?;
            let size = header.word()?;
            Ok((size, ResponseCode::new(header.word()?)))
        };
        match read() {
            Ok((size, code)) if usize::try_from(size) == Ok(self.bytes.expose().len()) => Ok(code),
            Ok(_) | Err(Malformed) => Err(self.malformed()),
        }
    }

    /// The handle of the object or session that was created. It is read before the rest, so that it can be flushed if the
    /// rest is malformed.
    pub(super) fn handle(&self) -> Result<u32, TpmError> {
        let mut reader = Reader::new(self.bytes.expose());
        reader.take(HEADER).and_then(|_| reader.word()).map_err(|_| self.malformed())
    }

    /// Reads all parameters, and checks the fields around them.
    pub(super) fn read<'a, T>(
        &'a self,
        parameters: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
    ) -> Result<T, TpmError> {
        self.frame(parameters).map_err(|_| self.malformed())
    }

    fn frame<'a, T>(
        &'a self,
        parameters: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        let mut reader = Reader::new(self.bytes.expose());
        let has_sessions = reader.short()? == SESSIONS;
        reader.take(HEADER - 2)?;
        if self.op.answers_with_a_handle() {
            reader.word()?;
        }
        if has_sessions != (self.auths > 0) {
            return Err(Malformed);
        }
        if has_sessions {
            let length = usize::try_from(reader.word()?).map_err(|_| Malformed)?;
            let mut area = Reader::new(reader.take(length)?);
            let value = parameters(&mut area)?;
            area.end()?;
            for _ in 0..self.auths {
                reader.sized()?;
                reader.byte()?;
                reader.sized()?;
            }
            reader.end()?;
            return Ok(value);
        }
        let value = parameters(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// Checks a response without parameters.
    pub(super) fn done(&self) -> Result<(), TpmError> {
        self.read(|_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::tpm::command::Auth;
    use alloc::vec::Vec;

    fn response(op: Op, auths: &[Auth<'_>], bytes: &[u8]) -> Response {
        Response::new(&Command::new(op, &[], auths, &[]), SecretBytes::copy_of(bytes))
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let bytes = [0, 2, 7, 8, 9];
        for length in 0..4 {
            assert_eq!(Reader::new(&bytes[..length]).sized(), Err(Malformed));
            assert_eq!(Reader::new(&bytes[..length]).whole(), Err(Malformed));
        }
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.whole(), Ok(&bytes[..4]));
        assert_eq!((reader.byte(), reader.byte(), reader.word()), (Ok(9), Err(Malformed), Err(Malformed)));
    }

    #[test]
    fn every_length_in_a_response_is_checked() {
        let whole = [0x80, 2, 0, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 4, 0, 2, 5, 6, 0, 0, 1, 0, 0];
        let auths = [Auth::Password(&[])];
        let read = |bytes: &[u8]| {
            let response = response(Op::Hmac, &auths, bytes);
            response.code()?;
            response.read(|reader| reader.sized().map(<[u8]>::to_vec))
        };
        assert_eq!(read(&whole), Ok([5, 6].to_vec()));
        let error = Err(TpmError::Answer { command: "HMAC" });
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), error, "cut to {length}");
        }
        let longer: Vec<u8> = whole.iter().copied().chain([0]).collect();
        assert_eq!(read(&longer), error);
        // Its tag, its length, its parameters' length, the digest's length, the lengths in its authorization.
        for (at, byte) in [(1, 1), (5, 22), (5, 24), (13, 3), (13, 5), (15, 1), (15, 3), (19, 1), (22, 1)] {
            let mut bytes = whole;
            bytes[at] = byte;
            assert_eq!(read(&bytes), error, "byte {at} is {byte}");
        }
    }

    #[test]
    fn the_response_code_is_read_with_every_tag() {
        let code = |bytes: &[u8]| response(Op::Hmac, &[], bytes).code();
        assert_eq!(code(&[0, 0xc4, 0, 0, 0, 10, 0, 0, 0, 0x1e]), Ok(ResponseCode::new(0x1e)));
        assert_eq!(code(&[0x80, 1, 0, 0, 0, 10, 0, 0xb, 1, 0x43]), Ok(ResponseCode::new(0xb_0143)));
    }
}
