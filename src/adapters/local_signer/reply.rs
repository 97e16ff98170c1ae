use crate::{
    base::secret::SecretBytes,
    flow::{
        http::Response,
        local::{Event, Obstacle},
    },
};
use alloc::string::String;
use core::fmt;

/// What came of a request to a daemon.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reply {
    /// A complete answer.
    Answered(Answer),
    /// No complete answer.
    Unanswered,
    /// The daemon cannot be reached, which waiting does not change.
    NotReached(Obstacle),
}

/// A complete answer. Its body may contain the handle of a key, and is zeroized when dropped.
pub struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) body: SecretBytes,
}

impl Reply {
    /// As a task takes it, and by [`From`] an authenticator.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        match self {
            Self::Answered(answer) => Event::Answered(answer.as_response()),
            Self::Unanswered => Event::Unanswered,
            Self::NotReached(obstacle) => Event::NotReached(*obstacle),
        }
    }
}

impl Answer {
    fn as_response(&self) -> Response<'_> {
        let response = Response::new(self.status, self.body.expose());
        self.retry_after.iter().fold(response, |response, value| response.header("retry-after", value))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_response().fmt(f)
    }
}
