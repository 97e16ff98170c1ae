use super::HttpsError;
use alloc::sync::Arc;
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{io, thread, time::Instant};

/// How often a run checks whether it is to end.
pub(super) const SLICE: Duration = Duration::from_millis(200);

/// Ends runs from another thread or from a signal handler. A cancellation is permanent.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// For [`Client::cancelled_by`](super::Client::cancelled_by).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every run with it within a second, and every later one immediately; a look-up of a name and a command in a TPM
    /// are not interrupted. It stores one atomic value and does nothing else, so a signal handler may call it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it is cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What ends one run before it is done.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    cancel: Cancel,
    /// `None` when it is later than any clock can show.
    end: Option<Instant>,
}

impl Limits {
    /// They begin now.
    pub(super) fn begin(cancel: &Cancel, span: Option<Duration>) -> Self {
        Self { cancel: cancel.clone(), end: span.and_then(|span| Instant::now().checked_add(span)) }
    }

    pub(super) fn check(&self) -> Result<(), HttpsError> {
        if self.cancel.is_cancelled() {
            return Err(HttpsError::Cancelled);
        }
        match self.end {
            Some(end) if Instant::now() >= end => Err(HttpsError::TimedOut),
            _ => Ok(()),
        }
    }

    /// The same within a connection: the caller of the connection finds out which limit it was.
    pub(super) fn check_io(&self) -> io::Result<()> {
        self.check().map_err(|_| io::ErrorKind::TimedOut.into())
    }

    /// Waits.
    pub(super) fn wait(&self, span: Duration) -> Result<(), HttpsError> {
        let begin = Instant::now();
        loop {
            self.check()?;
            let left = span.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            let to_end = self.end.map_or(SLICE, |end| end.saturating_duration_since(Instant::now()));
            thread::sleep(left.min(SLICE).min(to_end));
        }
    }
}
