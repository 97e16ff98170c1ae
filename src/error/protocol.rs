use super::code::Code;

/// A message of a service does not follow the protocol.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service's answer is not valid at `{field}`: {problem}; check that no proxy answers in its place")]
pub struct ProtocolError {
    /// The member of the message, with the members that contain it.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: ProtocolProblem,
}

/// What is wrong with a member of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolProblem {
    /// The member is missing.
    #[error("it is missing")]
    Missing,
    /// The member has another type or format than the protocol requires.
    #[error("it cannot be read")]
    Unreadable,
    /// The message is longer than any message of the service.
    #[error("it is too long")]
    TooLong,
    /// The member belongs to another device or module than the request, or has an unknown value.
    #[error("it was not expected")]
    Unexpected,
}

impl ProtocolError {
    pub(super) const fn code(&self) -> Code {
        match self.problem {
            ProtocolProblem::TooLong => Code::ProtocolLimit,
            _ => Code::ProtocolMessage,
        }
    }
}

#[cfg(feature = "flows")]
impl ProtocolError {
    pub(crate) const fn new(field: &'static str, problem: ProtocolProblem) -> Self {
        Self { field, problem }
    }
}
