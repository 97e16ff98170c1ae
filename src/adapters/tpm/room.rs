use super::{
    client::TpmClient,
    command::{Command, Op},
    create_key::is_of_template,
    rejection::is_done,
    response::Response,
    template,
    transport::Transport,
};
use crate::error::{CommandCause, CommandError, KeyRole, ResponseCode, TpmError};

/// How often room is made for one command: for each object that a small TPM has room for.
const SLOTS: u8 = 3;

impl<T: Transport> TpmClient<T> {
    /// Sends a command. If the TPM's memory is full, flushes the objects that an earlier process of this library left
    /// loaded, and sends the command again.
    pub(super) fn run(&mut self, command: &Command) -> Result<Response, TpmError> {
        let can_spare = self.can_spare_keys(command);
        self.run_with_room(command, can_spare)
    }

    /// The same for a command of an operation that requires no primary key of the provisioning service.
    pub(super) fn run_sparing(&mut self, command: &Command) -> Result<Response, TpmError> {
        self.run_with_room(command, true)
    }

    fn run_with_room(&mut self, command: &Command, can_spare: bool) -> Result<Response, TpmError> {
        for _ in 0..SLOTS {
            match self.ask(command) {
                Err(TpmError::Command(error)) if error.code == ResponseCode::OBJECT_MEMORY => {
                    let (flushed, others) = self.make_room(command, can_spare)?;
                    if flushed == 0 {
                        return Err(CommandError { cause: CommandCause::ObjectMemory { others }, ..error }.into());
                    }
                }
                result => return result,
            }
        }
        self.ask(command)
    }

    /// Flushes objects that a killed process of this library left in a TPM without a resource manager: keys with exactly
    /// the public areas of its own or of a file that was opened, or from the templates of its new keys. Then the keys that this client can load or create again.
    /// Returns how many those were, and how many objects belong to other programs.
    fn make_room(&mut self, command: &Command, can_spare: bool) -> Result<(usize, usize), TpmError> {
        let mut others = 0;
        let mut flushed = 0;
        for handle in self.transients()? {
            if self.is_in_use(handle) {
                continue;
            }
            let public = match self.read_public(handle, Self::ask) {
                Err(TpmError::Command(_)) => None,
                read => read?,
            };
            let is_ours = public.is_some_and(|public| {
                template::is_ours(&public) || is_of_template(&public) || self.is_signing_key(&public)
            });
            if is_ours && is_done(self.flush(handle))? {
                flushed += 1;
            } else {
                others += 1;
            }
        }
        if flushed == 0 {
            flushed += self.let_signing_keys_go(&command.handles)?;
        }
        if flushed == 0 && can_spare {
            for role in [KeyRole::Endorsement, KeyRole::StorageRoot] {
                let is_needed =
                    self.known(role).and_then(|key| key.handle).is_some_and(|h| command.handles.contains(&h));
                flushed += usize::from(!is_needed && self.let_go(role)?);
            }
        }
        Ok((flushed, others))
    }

    /// Whether this command, and those that follow it in its operation, require no primary key but those that it names.
    /// A primary key that was flushed is created again when it is required.
    fn can_spare_keys(&self, command: &Command) -> bool {
        match command.op {
            Op::Hmac | Op::HmacStart | Op::Load | Op::EvictControl => true,
            Op::ReadPublic => command.handles.contains(&self.handles().identity),
            _ => false,
        }
    }
}
