//! What of an input or an answer an error is about.

use super::Error;
use crate::connection_string::ConnectionStringError;
use alloc::borrow::Cow;

impl Error {
    /// The name of what is at fault: the file or setting, the member of a message, the kind of name, the step that a
    /// service rejected, the command of a TPM. `None` where the text says everything.
    #[must_use]
    pub fn field(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Context(context) => Some((&context.place).into()),
            Self::Service(error) => Some(error.asked.as_str().into()),
            Self::Daemon(error) => Some(error.field().into()),
            Self::Protocol(error) => Some(error.field.into()),
            Self::File(error) => Some((&error.path).into()),
            Self::Tpm(error) => error.command().map(Cow::Borrowed),
            Self::Identifier(error) => Some(error.name().as_str().into()),
            Self::ConnectionString(ConnectionStringError::Value { name, .. }) => Some((*name).into()),
            Self::Config(error) => error.setting().map(Cow::Borrowed),
            _ => None,
        }
    }
}
