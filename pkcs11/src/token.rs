//! The token that a URI names, and the login to it.

use crate::{
    attempts::{self, Login},
    cause::Cause,
    error::Error,
    module::{InUse, Module},
    uri::Uri,
};
use cryptoki::{
    session::{Session, SessionState, UserType},
    slot::{Slot, TokenInfo},
    types::AuthPin,
};
use defender_auth::secret::SecretText;

pub(crate) struct Token {
    pub(crate) slot: Slot,
    info: TokenInfo,
}

impl Token {
    /// The one token that is as the URI says.
    pub(crate) fn find(module: &Module, in_use: &InUse<'_>, uri: &Uri) -> Result<Self, Error> {
        let pkcs11 = in_use.pkcs11;
        let library = pkcs11.get_library_info().map_err(|error| module.failed(error))?;
        let version = library.library_version();
        let is_of_the_library = uri.allows("library-manufacturer", library.manufacturer_id())
            && uri.allows("library-description", library.library_description())
            && uri.allows_version((version.major(), version.minor()));
        let slots = pkcs11.get_slots_with_token().map_err(|error| module.failed(error))?;
        let (mut found, mut failure) = (Vec::new(), None);
        for slot in slots.into_iter().filter(|slot| is_of_the_library && uri.allows_slot(slot.id())) {
            match Self::matching(in_use, uri, slot) {
                Ok(token) => found.extend(token),
                // It was removed since the list was made, or is broken. Others may match.
                Err(error) => failure = Some(Cause::from(error)),
            }
        }
        let count = found.len();
        match found.pop() {
            None => Err(Error::NoToken { module: module.path().to_owned(), uri: uri.to_string(), failure }),
            Some(token) if count == 1 => Ok(token),
            Some(_) => Err(Error::ManyTokens { count, uri: uri.to_string() }),
        }
    }

    /// The token of a slot, if it is as the URI says.
    fn matching(in_use: &InUse<'_>, uri: &Uri, slot: Slot) -> Result<Option<Self>, cryptoki::error::Error> {
        let info = in_use.pkcs11.get_token_info(slot)?;
        let place = in_use.pkcs11.get_slot_info(slot)?;
        let is_wanted = info.token_initialized()
            && uri.allows("token", info.label())
            && uri.allows("manufacturer", info.manufacturer_id())
            && uri.allows("serial", info.serial_number())
            && uri.allows("model", info.model())
            && uri.allows("slot-description", place.slot_description())
            && uri.allows("slot-manufacturer", place.manufacturer_id());
        Ok(is_wanted.then_some(Self { slot, info }))
    }

    /// Its label, as errors have it.
    pub(crate) fn name(&self) -> String {
        self.info.label().replace(char::is_control, " ")
    }

    /// Logs the process in, unless it is. Returns whether it is now.
    pub(crate) fn log_in(&self, module: &Module, session: &Session, pin: Option<&SecretText>) -> Result<bool, Error> {
        let state = session.get_session_info().map_err(|error| module.failed(error))?.session_state();
        if matches!(state, SessionState::RoUser | SessionState::RwUser) {
            return Ok(true);
        }
        let Some(pin) = pin else { return Ok(false) };
        let token = self.name();
        if self.info.user_pin_locked() {
            return Err(Error::PinLocked { token });
        }
        if self.info.user_pin_final_try() {
            return Err(Error::PinFinalTry { token });
        }
        let path = module.path().as_os_str().as_encoded_bytes();
        let info = &self.info;
        let of = [path, info.serial_number().as_bytes(), info.label().as_bytes(), info.manufacturer_id().as_bytes()];
        let login = attempts::once(&of, pin.expose().as_bytes(), || {
            session.login(UserType::User, Some(&AuthPin::from(Box::<str>::from(pin.expose()))))
        })?;
        match login {
            Login::LoggedIn => Ok(true),
            Login::Rejected => Err(Error::PinIncorrect { token }),
            Login::Spent => Err(Error::PinSpent { token }),
            Login::Locked => Err(Error::PinLocked { token }),
            Login::Failed(cause) => Err(Error::Module { module: module.path().to_owned(), cause }),
        }
    }
}
