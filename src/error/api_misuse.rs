/// The caller answered an action that is not pending. The state has not changed.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{given} does not answer {pending}; poll again and answer what is pending")]
pub struct ApiMisuse {
    /// The pending action.
    pub pending: &'static str,
    /// The event that the caller passed.
    pub given: &'static str,
}
