use serde::Deserialize;
use std::{fmt, str::FromStr};

/// A kind of request, by the names that `defender-auth` has for its operations.
///
/// As text it is `register`, `registrationStatus`, `lookUpRegistration` or `readModule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Operation {
    /// Register a device with the provisioning service.
    Register,
    /// Request the status of a registration that was begun.
    RegistrationStatus,
    /// Look up a registration without registering.
    LookUpRegistration,
    /// Read a module's identity at the hub.
    ReadModule,
}

/// A text that names no [`Operation`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no operation {0:?}; the operations are `register`, `registrationStatus`, `lookUpRegistration` and \
     `readModule`"
)]
pub struct OperationError(String);

impl Operation {
    const ALL: [Self; 4] = [Self::Register, Self::RegistrationStatus, Self::LookUpRegistration, Self::ReadModule];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::RegistrationStatus => "registrationStatus",
            Self::LookUpRegistration => "lookUpRegistration",
            Self::ReadModule => "readModule",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| OperationError(text.into()))
    }
}

impl TryFrom<String> for Operation {
    type Error = OperationError;

    fn try_from(text: String) -> Result<Self, OperationError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_as_they_are_written() {
        for operation in Operation::ALL {
            assert_eq!(operation.to_string().parse(), Ok(operation));
        }
        for text in ["", "Register", "poll"] {
            let error = text.parse::<Operation>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")) && error.contains("`readModule`"), "{error}");
        }
    }
}
