use cryptoki::{
    context::Function,
    error::{Error, RvError},
};
use std::fmt;

/// What a module answered: the function and its return value, by their names in PKCS#11.
#[derive(Debug)]
pub struct Cause(Error);

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl Cause {
    /// The return value, if a function of the module returned one.
    pub(crate) const fn value(&self) -> Option<&RvError> {
        match &self.0 {
            Error::Pkcs11(value, _) => Some(value),
            _ => None,
        }
    }

    /// Whether the token may be away, busy or full for now.
    pub(crate) const fn is_temporary(&self) -> bool {
        use RvError as Rv;
        matches!(
            self.value(),
            Some(
                Rv::DeviceRemoved
                    | Rv::TokenNotPresent
                    | Rv::TokenNotRecognized
                    | Rv::SessionCount
                    | Rv::DeviceError
                    | Rv::DeviceMemory
                    | Rv::HostMemory
                    | Rv::FunctionFailed
                    | Rv::FunctionCanceled
                    | Rv::SessionHandleInvalid
                    | Rv::SessionClosed
                    | Rv::ObjectHandleInvalid
                    | Rv::KeyHandleInvalid
            )
        )
    }

    pub(crate) const fn is_of_an_ended_session(&self) -> bool {
        use RvError as Rv;
        matches!(
            self.value(),
            Some(
                Rv::SessionHandleInvalid
                    | Rv::SessionClosed
                    | Rv::ObjectHandleInvalid
                    | Rv::KeyHandleInvalid
                    | Rv::DeviceRemoved
                    | Rv::TokenNotPresent
                    | Rv::SlotIdInvalid
                    | Rv::CryptokiNotInitialized
                    | Rv::UserNotLoggedIn
                    | Rv::OperationActive
                    | Rv::OperationNotInitialized
            )
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Error::Pkcs11(value, function) => {
                write!(f, "C_{function:?} returned {}{}", name(*value), advice(*value, *function))
            }
            // The module is loaded: what is left is about the values that it wrote.
            other => write!(f, "the module's answer cannot be used: {other}"),
        }
    }
}

/// `CKR_DEVICE_ERROR` of `DeviceError`.
fn name(value: RvError) -> String {
    match value {
        RvError::VendorDefined(code) | RvError::UnknownErrorCode(code) => format!("{code:#x}, a value of its maker's"),
        known => {
            let mut name = String::from("CKR");
            for c in format!("{known:?}").chars() {
                if c.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(c.to_ascii_uppercase());
            }
            name
        }
    }
}

/// What to do, where that is known.
const fn advice(value: RvError, function: Function) -> &'static str {
    match (value, function) {
        (RvError::DeviceRemoved | RvError::TokenNotPresent | RvError::TokenNotRecognized, _) => {
            ": the token is not there; plug it in"
        }
        (
            RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::ObjectHandleInvalid
            | RvError::KeyHandleInvalid,
            _,
        ) => ": the token or its key is not there any more; check it with pkcs11-tool --list-objects --login",
        (RvError::SessionCount, _) => ": the token has no session left; close programs that use it",
        (RvError::HostMemory | RvError::DeviceMemory, _) => {
            ": there is no memory left; close programs that use the token"
        }
        (RvError::UserNotLoggedIn, _) => ": the key needs a login; add pin-source=FILE to the URI",
        (RvError::UserPinNotInitialized, _) => ": the token has no user PIN yet; set one with pkcs11-tool --init-pin",
        (RvError::PinExpired, _) => ": the PIN has to be changed first (pkcs11-tool --change-pin)",
        (RvError::UserAnotherAlreadyLoggedIn, _) => {
            ": this process is logged in as the security officer; log out first"
        }
        (RvError::GeneralError | RvError::FunctionFailed | RvError::DeviceError, Function::Login) => {
            ": the PIN may have been counted as wrong; check the token before the next start"
        }
        (RvError::GeneralError | RvError::FunctionFailed | RvError::DeviceError, _) => {
            ": the token or its module failed; see the module's own log"
        }
        (RvError::CantLock | RvError::NeedToCreateThreads, _) => ": the module does not work in a program with threads",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: RvError, function: Function) -> String {
        Cause(Error::Pkcs11(value, function)).to_string()
    }

    #[test]
    fn values_have_their_names_of_pkcs_11() {
        let text = shown(RvError::SessionCount, Function::OpenSession);
        assert!(text.starts_with("C_OpenSession returned CKR_SESSION_COUNT: "), "{text}");
        assert_eq!(shown(RvError::KeyNeeded, Function::Sign), "C_Sign returned CKR_KEY_NEEDED");
        let text = shown(RvError::VendorDefined(0x8000_0001), Function::Sign);
        assert_eq!(text, "C_Sign returned 0x80000001, a value of its maker's");
    }

    #[test]
    fn a_failure_of_a_login_tells_that_it_may_have_been_counted() {
        assert!(shown(RvError::GeneralError, Function::Login).contains("counted"));
        assert!(!shown(RvError::GeneralError, Function::Sign).contains("counted"));
    }

    #[test]
    fn no_text_has_a_second_line() {
        for error in [Error::NullFunctionPointer, Error::InvalidValue, Error::Pkcs11(RvError::Cancel, Function::Sign)] {
            assert!(!Cause(error).to_string().contains('\n'));
        }
    }
}
