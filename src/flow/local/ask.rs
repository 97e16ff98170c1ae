//! A task of one request.

use super::{
    Request,
    task::{Next, Question, Task, sealed::Sealed},
};
use crate::{
    base::{time::Now, wait::TimeLimit},
    error::Error,
};
use core::fmt;

/// A question of one request, whose answer is an `A`.
pub struct Ask<A> {
    read: fn(&[u8]) -> Result<A, Error>,
}

impl<A> Ask<A> {
    pub(crate) fn task(
        request: Request,
        read: fn(&[u8]) -> Result<A, Error>,
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Self> {
        Task::begin(Self { read }, Ok(request), now, limit)
    }
}

impl<A> Sealed for Ask<A> {}

impl<A> Question for Ask<A> {
    type Answer = A;

    fn read(&mut self, body: &[u8]) -> Result<Next<A>, Error> {
        (self.read)(body).map(Next::Done)
    }
}

impl<A> fmt::Debug for Ask<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}
