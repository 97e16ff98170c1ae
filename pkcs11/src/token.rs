//! The token that a URI names, and the login to it.

use crate::{
    attempts::{self, Login},
    error::Error,
    module::{InUse, Module},
    uri::Uri,
};
use cryptoki::{
    error::{Error as Failure, RvError},
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
        let mut found = Vec::new();
        for slot in slots.into_iter().filter(|slot| is_of_the_library && uri.allows_slot(slot.id())) {
            let info = match pkcs11.get_token_info(slot) {
                Ok(info) => info,
                // It was removed since the list was made, or is of a kind that the module does not know.
                Err(Failure::Pkcs11(
                    RvError::TokenNotPresent
                    | RvError::DeviceRemoved
                    | RvError::TokenNotRecognized
                    | RvError::SlotIdInvalid,
                    _,
                )) => continue,
                Err(error) => return Err(module.failed(error)),
            };
            let slot_info = pkcs11.get_slot_info(slot).map_err(|error| module.failed(error))?;
            if info.token_initialized()
                && uri.allows("token", info.label())
                && uri.allows("manufacturer", info.manufacturer_id())
                && uri.allows("serial", info.serial_number())
                && uri.allows("model", info.model())
                && uri.allows("slot-description", slot_info.slot_description())
                && uri.allows("slot-manufacturer", slot_info.manufacturer_id())
            {
                found.push(Self { slot, info });
            }
        }
        let count = found.len();
        match found.pop() {
            None => Err(Error::NoToken { module: module.path().to_owned(), uri: uri.to_string() }),
            Some(token) if count == 1 => Ok(token),
            Some(_) => Err(Error::ManyTokens { count, uri: uri.to_string() }),
        }
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
