use super::{
    command::{Auth, Command, Op, Part},
    refusal,
    response::{Malformed, RESPONSE_LIMIT, Reader, Response},
    template::{self, ENDORSEMENT, OWNER},
    transport::Transport,
};
use crate::{
    base::secret::SecretBytes,
    error::{CommandCause, CommandError, Hierarchy, KeyRole, ResponseCode, TpmError},
};
use alloc::vec::Vec;
use core::{fmt, ops::Range};

/// How often a command goes out again because the TPM asks for it.
const RETRIES: u8 = 12;
/// How often room is made for one command: for each object that a small TPM has room for.
const SLOTS: u8 = 3;
/// The longest password of a hierarchy, in bytes: the largest digest.
const PASSWORD_LIMIT: usize = 64;
/// `TPM_CAP_HANDLES`
const HANDLES: u32 = 1;
/// `TPM_CAP_TPM_PROPERTIES`
const PROPERTIES: u32 = 6;
/// `TPM_PT_LOCKOUT_INTERVAL`
const LOCKOUT_INTERVAL: u32 = 0x210;
/// Where the handles of loaded objects begin.
const FIRST_TRANSIENT: u32 = 0x8000_0000;
/// More objects than any TPM has room for.
const MANY: u32 = 64;

/// Where the persistent keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handles {
    /// The endorsement key: 0x81010001.
    pub endorsement: u32,
    /// The storage root key: 0x81000001.
    pub storage: u32,
    /// The hub's key: 0x81000100. Other software of the device may use that one.
    pub identity: u32,
}

impl Default for Handles {
    /// Those of Azure's own SDKs.
    ///
    /// Source: `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c`.
    fn default() -> Self {
        Self { endorsement: 0x8101_0001, storage: 0x8100_0001, identity: 0x8100_0100 }
    }
}

/// A primary key of this TPM.
pub(super) struct Key {
    /// The complete `TPM2B_PUBLIC`.
    pub(super) public: Vec<u8>,
    /// Where it is. `None` when it had to make room for others.
    pub(super) handle: Option<u32>,
}

/// A TPM 2.0 that takes the keys of the provisioning service and signs with them.
///
/// What it loads it flushes: sessions and half-made keys at the end of each call, a registration key behind its
/// signature, the rest by [`close`](Self::close) or when it is dropped.
pub struct TpmClient<T: Transport> {
    transport: T,
    pub(super) handles: Handles,
    owner: SecretBytes,
    endorsement_hierarchy: SecretBytes,
    endorsement: Option<Key>,
    storage: Option<Key>,
    /// The key of one registration, until it has signed.
    pub(super) registration: Option<u32>,
    /// Sessions and objects of the call that runs.
    pub(super) work: Vec<u32>,
}

impl<T: Transport> TpmClient<T> {
    /// Speaks to a TPM; nothing is sent yet.
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            handles: Handles::default(),
            owner: SecretBytes::zeros(0),
            endorsement_hierarchy: SecretBytes::zeros(0),
            endorsement: None,
            storage: None,
            registration: None,
            work: Vec::new(),
        }
    }

    /// Has the keys at other handles.
    ///
    /// # Errors
    /// When two are the same, or one is not in the owner's range, 0x81000000 to 0x817fffff.
    pub fn set_handles(&mut self, handles: Handles) -> Result<(), TpmError> {
        let Handles { endorsement, storage, identity } = handles;
        for (handle, others) in
            [(endorsement, [storage, identity]), (storage, [endorsement, identity]), (identity, [endorsement, storage])]
        {
            if !(0x8100_0000..=0x817f_ffff).contains(&handle) || others.contains(&handle) {
                return Err(TpmError::Handle { handle });
            }
        }
        self.forget_keys();
        self.handles = handles;
        Ok(())
    }

    /// Where the keys are.
    #[must_use]
    pub const fn handles(&self) -> Handles {
        self.handles
    }

    /// The password of a hierarchy, where it has one. Zero bytes at its end make no difference to a TPM. The copy that
    /// is kept is wiped when dropped.
    ///
    /// # Errors
    /// When it is longer than any TPM takes.
    pub fn set_password(&mut self, hierarchy: Hierarchy, password: &[u8]) -> Result<(), TpmError> {
        if password.len() > PASSWORD_LIMIT {
            return Err(TpmError::PasswordTooLong { limit: PASSWORD_LIMIT });
        }
        let kept = match hierarchy {
            Hierarchy::Owner => &mut self.owner,
            Hierarchy::Endorsement => &mut self.endorsement_hierarchy,
        };
        *kept = SecretBytes::copy_of(password);
        Ok(())
    }

    pub(super) fn password(&self, hierarchy: Hierarchy) -> Auth<'_> {
        Auth::Password(match hierarchy {
            Hierarchy::Owner => self.owner.expose(),
            Hierarchy::Endorsement => self.endorsement_hierarchy.expose(),
        })
    }

    /// Flushes what is still loaded, and says when that fails. Dropping does the same without saying so.
    ///
    /// # Errors
    /// When the TPM could not be told.
    pub fn close(mut self) -> Result<(), TpmError> {
        self.flush_all()
    }

    fn flush_all(&mut self) -> Result<(), TpmError> {
        let mut result = Ok(());
        let primary = [self.endorsement.take(), self.storage.take()];
        self.work.extend(primary.into_iter().flatten().filter_map(|key| key.handle).filter(|h| is_transient(*h)));
        self.work.extend(self.registration.take());
        for handle in core::mem::take(&mut self.work).into_iter().rev() {
            result = result.and(self.flush(handle, Self::ask));
        }
        result
    }

    /// Ends a call: flushes what it loaded. What could not be told to the TPM is tried again behind the next call; what
    /// the TPM does not know any more is gone.
    pub(super) fn clear_away(&mut self) {
        for handle in core::mem::take(&mut self.work).into_iter().rev() {
            match self.flush(handle, Self::ask) {
                Ok(()) => {}
                Err(TpmError::Command(error)) if !error.code.is_retryable() => {}
                Err(_) => self.work.push(handle),
            }
        }
    }

    pub(super) fn flush(&mut self, handle: u32, send: Send<T>) -> Result<(), TpmError> {
        send(self, &Command::new(Op::FlushContext, &[handle], &[], &[]))?.done()
    }

    pub(super) const fn known(&self, role: KeyRole) -> Option<&Key> {
        match role {
            KeyRole::Endorsement => self.endorsement.as_ref(),
            _ => self.storage.as_ref(),
        }
    }

    pub(super) const fn known_mut(&mut self, role: KeyRole) -> &mut Option<Key> {
        match role {
            KeyRole::Endorsement => &mut self.endorsement,
            _ => &mut self.storage,
        }
    }

    /// Forgets where the primary keys are, so that they are looked for or made again. Whether there was one.
    pub(super) fn forget_keys(&mut self) -> bool {
        let known = [self.endorsement.take(), self.storage.take()];
        for handle in known.iter().flatten().filter_map(|key| key.handle).filter(|handle| is_transient(*handle)) {
            // The other may be there still.
            let _ = self.flush(handle, Self::ask);
        }
        known.iter().any(Option::is_some)
    }

    /// Flushes a primary key that is loaded; its public part stays known. Whether there was one.
    pub(super) fn let_go(&mut self, role: KeyRole) -> Result<bool, TpmError> {
        let handle = self.known_mut(role).as_mut().and_then(|key| key.handle.take_if(|handle| is_transient(*handle)));
        handle.map_or(Ok(false), |handle| is_done(self.flush(handle, Self::ask)))
    }

    /// Sends a command, and mends what can be mended: a TPM that was not started, that is busy, or that is full of what
    /// an earlier run of ours left behind.
    pub(super) fn run(&mut self, command: &Command) -> Result<Response, TpmError> {
        for _ in 0..SLOTS {
            match self.ask(command) {
                Err(TpmError::Command(error)) if error.code == ResponseCode::OBJECT_MEMORY => {
                    let (flushed, others) = self.make_room(command)?;
                    if flushed == 0 {
                        return Err(CommandError { cause: CommandCause::ObjectMemory { others }, ..error }.into());
                    }
                }
                result => return result,
            }
        }
        self.ask(command)
    }

    /// Sends a command until it is answered for good.
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
                    // TPM_SU_CLEAR. If it fails the command fails too, with the reason.
                    self.exchange(&Command::new(Op::Startup, &[], &[], &[Part::Short(0)]))?;
                }
                code => return Err(self.refused(command, code)),
            }
        }
    }

    fn exchange(&mut self, command: &Command) -> Result<Response, TpmError> {
        let mut bytes = SecretBytes::zeros(RESPONSE_LIMIT);
        let length = self.transport.exchange(command.as_bytes(), bytes.expose_mut())?;
        bytes.truncate(length);
        Ok(Response::new(command, bytes))
    }

    fn refused(&mut self, command: &Command, code: ResponseCode) -> TpmError {
        let has_password = |hierarchy| match hierarchy {
            Hierarchy::Owner => !self.owner.expose().is_empty(),
            Hierarchy::Endorsement => !self.endorsement_hierarchy.expose().is_empty(),
        };
        let mut cause = refusal::cause(command, code, has_password);
        if code == ResponseCode::LOCKOUT && command.op != Op::GetCapability {
            let found = self.properties(LOCKOUT_INTERVAL, 1).ok();
            let seconds = found.and_then(|found| found.first().map(|(_, seconds)| *seconds));
            cause = CommandCause::Lockout { seconds };
        }
        CommandError { command: command.op.name(), code, cause }.into()
    }

    /// Flushes what a run of ours that was killed has left in a TPM without a resource manager: keys with exactly our
    /// public areas. Says how many those were, and how many objects are somebody else's.
    fn make_room(&mut self, command: &Command) -> Result<(usize, usize), TpmError> {
        let mut others = 0;
        let mut flushed = 0;
        for handle in self.transients()? {
            let [endorsement, storage] = [&self.endorsement, &self.storage].map(|key| key.as_ref()?.handle);
            let mine = [endorsement, storage, self.registration];
            if mine.contains(&Some(handle)) || self.work.contains(&handle) {
                continue;
            }
            let public = match self.read_public(handle, Self::ask) {
                Err(TpmError::Command(_)) => None,
                read => read?,
            };
            let is_ours = public.is_some_and(|public| template::is_ours(&public));
            if is_ours && is_done(self.flush(handle, Self::ask))? {
                flushed += 1;
            } else {
                others += 1;
            }
        }
        if flushed == 0 && self.can_spare_keys(command) {
            for role in [KeyRole::Endorsement, KeyRole::StorageRoot] {
                let is_needed =
                    self.known(role).and_then(|key| key.handle).is_some_and(|h| command.handles.contains(&h));
                flushed += usize::from(!is_needed && self.let_go(role)?);
            }
        }
        Ok((flushed, others))
    }

    /// Whether what follows this command needs no primary key but those that it names. What was let go is made again
    /// when it is needed.
    fn can_spare_keys(&self, command: &Command) -> bool {
        match command.op {
            Op::Hmac | Op::HmacStart | Op::Load | Op::EvictControl => true,
            Op::ReadPublic => command.handles.contains(&self.handles.identity),
            _ => false,
        }
    }

    fn transients(&mut self) -> Result<Vec<u32>, TpmError> {
        let parameters = [Part::Word(HANDLES), Part::Word(FIRST_TRANSIENT), Part::Word(MANY)];
        let response = self.ask(&Command::new(Op::GetCapability, &[], &[], &parameters))?;
        response.read(|reader| {
            reader.take(5)?;
            counted(reader, MANY)?.map(|_| reader.word()).collect()
        })
    }

    /// Some properties of the TPM, from the first one on.
    pub(super) fn properties(&mut self, first: u32, count: u32) -> Result<Vec<(u32, u32)>, TpmError> {
        let parameters = [Part::Word(PROPERTIES), Part::Word(first), Part::Word(count)];
        let response = self.ask(&Command::new(Op::GetCapability, &[], &[], &parameters))?;
        response.read(|reader| {
            reader.take(5)?;
            counted(reader, count)?.map(|_| Ok((reader.word()?, reader.word()?))).collect()
        })
    }

    /// The complete `TPM2B_PUBLIC` of what is at a handle; `None` when nothing is there.
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

/// A list's length. Each loaded object costs a command, so no more are taken than were asked for.
fn counted(reader: &mut Reader<'_>, most: u32) -> Result<Range<u32>, Malformed> {
    let count = reader.word()?;
    if count <= most { Ok(0..count) } else { Err(Malformed) }
}

/// Whether the TPM did it. Its no is an answer; when there is none, that is what went wrong.
fn is_done(result: Result<(), TpmError>) -> Result<bool, TpmError> {
    match result {
        Ok(()) => Ok(true),
        Err(TpmError::Command(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Either of [`TpmClient::run`] and [`TpmClient::ask`].
pub(super) type Send<T> = fn(&mut TpmClient<T>, &Command) -> Result<Response, TpmError>;

pub(super) const fn hierarchy_handle(hierarchy: Hierarchy) -> u32 {
    match hierarchy {
        Hierarchy::Owner => OWNER,
        Hierarchy::Endorsement => ENDORSEMENT,
    }
}

/// Whether it is a loaded object's handle, to be flushed when done with.
pub(super) const fn is_transient(handle: u32) -> bool {
    handle >> 24 == FIRST_TRANSIENT >> 24
}

impl<T: Transport> Drop for TpmClient<T> {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.flush_all();
    }
}

impl<T: Transport> fmt::Debug for TpmClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TpmClient({:x?}, ..)", self.handles)
    }
}
