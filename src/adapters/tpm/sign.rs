use super::{
    client::TpmClient,
    command::{Auth, Command, Op, Part},
    response::Reader,
    template::{NO_ALGORITHM, NULL},
    transport::Transport,
};
use crate::{
    error::{Found, KeyRole, TpmError},
    key::{KeyUse, Signature},
};

/// The length of data that every TPM accepts in one command, in bytes.
const SAFE_INPUT: usize = 1024;
/// The length of data that fits into a command of this library, in bytes.
const MOST_INPUT: usize = 2048;
/// `TPM_PT_INPUT_BUFFER`
const INPUT_BUFFER: u32 = 0x10d;
const NO_PASSWORD: [Auth<'static>; 1] = [Auth::Password(&[])];

impl<T: Transport> TpmClient<T> {
    /// See [`Tpm::sign`](super::Tpm::sign).
    pub(super) fn sign_with(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, TpmError> {
        let key = match key_use {
            KeyUse::Hub => return self.hmac(self.handles().identity, data),
            KeyUse::Registration => self.registration.ok_or(TpmError::NoRegistrationKey)?,
        };
        let result = self.hmac(key, data);
        if !result.as_ref().is_err_and(TpmError::is_retryable) {
            self.work.extend(self.registration.take());
            self.clear_away();
        }
        result
    }

    fn hmac(&mut self, key: u32, data: &[u8]) -> Result<Signature, TpmError> {
        // Requested for long data only: a token costs one command.
        let limit = if data.len() > SAFE_INPUT { self.input_buffer()? } else { SAFE_INPUT };
        if data.len() > limit {
            let result = self.hmac_in_pieces(key, data, limit);
            self.clear_away();
            return result;
        }
        // The key has its own hash algorithm.
        let parameters = [Part::Sized(data), Part::Short(NO_ALGORITHM)];
        let response = self.run(&Command::new(Op::Hmac, &[key], &NO_PASSWORD, &parameters))?;
        signature(key, response.read(Reader::sized)?)
    }

    fn hmac_in_pieces(&mut self, key: u32, data: &[u8], limit: usize) -> Result<Signature, TpmError> {
        let parameters = [Part::Sized(&[]), Part::Short(NO_ALGORITHM)];
        let response = self.run(&Command::new(Op::HmacStart, &[key], &NO_PASSWORD, &parameters))?;
        let sequence = response.handle()?;
        self.work.push(sequence);
        response.done()?;
        let (pieces, last) = data.split_at_checked((data.len() - 1) / limit * limit).unwrap_or_default();
        for piece in pieces.chunks(limit) {
            self.run(&Command::new(Op::SequenceUpdate, &[sequence], &NO_PASSWORD, &[Part::Sized(piece)]))?.done()?;
        }
        let parameters = [Part::Sized(last), Part::Word(NULL)];
        let response = self.run(&Command::new(Op::SequenceComplete, &[sequence], &NO_PASSWORD, &parameters))?;
        // The TPM has flushed it.
        self.work.retain(|handle| *handle != sequence);
        let digest = response.read(|reader| {
            let digest = reader.sized()?;
            reader.take(6)?;
            reader.sized()?;
            Ok(digest)
        })?;
        signature(key, digest)
    }

    fn input_buffer(&mut self) -> Result<usize, TpmError> {
        let found = self.properties(INPUT_BUFFER, 1)?;
        match found.as_slice() {
            // With a smaller size, long data would take up to one command for each byte.
            [(INPUT_BUFFER, size)] if *size as usize >= SAFE_INPUT => Ok(MOST_INPUT.min(*size as usize)),
            _ => Err(TpmError::Answer { command: Op::GetCapability.name() }),
        }
    }
}

/// A key with another hash algorithm returns a signature of another length.
fn signature(key: u32, digest: &[u8]) -> Result<Signature, TpmError> {
    let foreign = TpmError::Foreign { handle: key, expected: KeyRole::Identity, found: Found::Other };
    digest.try_into().map(Signature::from_bytes).map_err(|_| foreign)
}
