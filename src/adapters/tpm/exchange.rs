use super::{
    client::TpmClient,
    command::{Command, Op, Part},
    handles::FIRST_TRANSIENT,
    rejection,
    response::{Malformed, RESPONSE_LIMIT, Reader, Response},
    transport::Transport,
};
use crate::{
    base::secret::SecretBytes,
    error::{CommandCause, CommandError, ResponseCode, TpmError},
};
use alloc::vec::Vec;
use core::ops::Range;

/// How often a command is sent again because the TPM requests it.
const RETRIES: u8 = 12;
/// `TPM_CAP_HANDLES`
const HANDLES: u32 = 1;
/// `TPM_CAP_TPM_PROPERTIES`
const PROPERTIES: u32 = 6;
/// `TPM_PT_LOCKOUT_INTERVAL`
const LOCKOUT_INTERVAL: u32 = 0x210;
/// More objects than any TPM has room for.
const MANY: u32 = 64;

/// Either of `TpmClient::run` and [`TpmClient::ask`].
pub(super) type Send<T> = fn(&mut TpmClient<T>, &Command) -> Result<Response, TpmError>;

impl<T: Transport> TpmClient<T> {
    /// Sends a command until the response is final.
    pub(super) fn ask(&mut self, command: &Command) -> Result<Response, TpmError> {
        let mut attempt = 0;
        let mut is_started = false;
        loop {
            let response = self.exchange(command)?;
            match response.code()? {
                code if code.as_u32() == 0 => return Ok(response),
                code if code.is_retryable() && attempt < RETRIES => {
                    attempt += 1;
                    self.transport.pause(attempt);
                }
                ResponseCode::INITIALIZE if !is_started && command.op != Op::Startup => {
                    is_started = true;
                    // TPM_SU_CLEAR. If it fails, the command fails too, with the reason.
                    self.exchange(&Command::new(Op::Startup, &[], &[], &[Part::Short(0)]))?;
                }
                code => return Err(self.rejected(command, code)),
            }
        }
    }

    fn exchange(&mut self, command: &Command) -> Result<Response, TpmError> {
        let mut bytes = SecretBytes::zeros(RESPONSE_LIMIT);
        let length = self.transport.exchange(command.as_bytes(), bytes.expose_mut())?;
        bytes.truncate(length);
        Ok(Response::new(command, bytes))
    }

    fn rejected(&mut self, command: &Command, code: ResponseCode) -> TpmError {
        let mut cause = rejection::cause(command, code, |hierarchy| self.has_password(hierarchy));
        if code == ResponseCode::LOCKOUT && command.op != Op::GetCapability {
            let found = self.properties(LOCKOUT_INTERVAL, 1).ok();
            let seconds = found.and_then(|found| found.first().map(|(_, seconds)| *seconds));
            cause = CommandCause::Lockout { seconds };
        }
        CommandError { command: command.op.name(), code, cause }.into()
    }

    pub(super) fn flush(&mut self, handle: u32) -> Result<(), TpmError> {
        self.ask(&Command::new(Op::FlushContext, &[handle], &[], &[]))?.done()
    }

    /// The handles of the loaded objects.
    pub(super) fn transients(&mut self) -> Result<Vec<u32>, TpmError> {
        let parameters = [Part::Word(HANDLES), Part::Word(FIRST_TRANSIENT), Part::Word(MANY)];
        let response = self.ask(&Command::new(Op::GetCapability, &[], &[], &parameters))?;
        response.read(|reader| {
            reader.take(5)?;
            counted(reader, MANY)?.map(|_| reader.word()).collect()
        })
    }

    /// Properties of the TPM, from the first one on.
    pub(super) fn properties(&mut self, first: u32, count: u32) -> Result<Vec<(u32, u32)>, TpmError> {
        let parameters = [Part::Word(PROPERTIES), Part::Word(first), Part::Word(count)];
        let response = self.ask(&Command::new(Op::GetCapability, &[], &[], &parameters))?;
        response.read(|reader| {
            reader.take(5)?;
            counted(reader, count)?.map(|_| Ok((reader.word()?, reader.word()?))).collect()
        })
    }

    /// The complete `TPM2B_PUBLIC` of the object at a handle; `None` if the handle is empty.
    pub(super) fn read_public(&mut self, handle: u32, send: Send<T>) -> Result<Option<Vec<u8>>, TpmError> {
        match send(self, &Command::new(Op::ReadPublic, &[handle], &[], &[])) {
            Err(TpmError::Command(error)) if error.code == ResponseCode::NO_OBJECT => Ok(None),
            Err(error) => Err(error),
            Ok(response) => response.read(|reader| {
                let public = reader.whole()?;
                reader.sized()?;
                reader.sized()?;
                Ok(Some(public.into()))
            }),
        }
    }
}

/// The length of a list. Each loaded object costs a command, so a list that is longer than requested is malformed.
fn counted(reader: &mut Reader<'_>, most: u32) -> Result<Range<u32>, Malformed> {
    let count = reader.word()?;
    if count <= most { Ok(0..count) } else { Err(Malformed) }
}
