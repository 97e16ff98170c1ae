//! Waiting that another thread can end.

#[cfg(not(unix))]
mod slices;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use slices::Bell;
#[cfg(unix)]
pub(super) use unix::Bell;

use std::io;

/// Why a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The connection has something to read.
    Ready,
    /// The bell was rung.
    Rung,
    /// The time has passed.
    Passed,
}

/// Why nothing is done with a connection any longer.
fn cancelled() -> io::Error {
    io::Error::other("the driver was cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::{Interrupt as _, Readiness};
    use defender_auth::https::Cancel;
    use std::{io::ErrorKind, net::TcpListener, sync::Arc, thread, time::Duration};

    const LONG: Duration = Duration::from_secs(60);

    fn bell() -> (Arc<Bell>, Cancel) {
        let cancel = Cancel::new();
        (Arc::new(Bell::new(&cancel).unwrap()), cancel)
    }

    #[test]
    fn a_bell_that_was_rung_before_a_wait_ends_that_wait_alone() {
        let (bell, _) = bell();
        (0..100).for_each(|_| bell.ring());
        assert_eq!(bell.idle(None, LONG).unwrap(), Woken::Rung);
        assert_eq!(bell.idle(None, Duration::ZERO).unwrap(), Woken::Passed);
    }

    #[test]
    fn a_bell_that_is_not_heard_never_blocks_the_ringing_thread() {
        let (bell, _) = bell();
        (0..100_000).for_each(|_| bell.ring());
        assert_eq!(bell.idle(None, LONG).unwrap(), Woken::Rung);
    }

    #[test]
    fn a_wait_ends_when_another_thread_rings() {
        let (bell, _) = bell();
        let other = Arc::clone(&bell);
        let ringer = thread::spawn(move || other.ring());
        assert_eq!(bell.idle(None, LONG).unwrap(), Woken::Rung);
        ringer.join().unwrap();
    }

    #[test]
    fn a_connection_that_is_used_ends_with_a_cancellation_and_not_with_another_ring() {
        let (bell, cancel) = bell();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = bell.connect(&listener.local_addr().unwrap(), LONG).unwrap();
        bell.ring();
        let error = bell.wait(&tcp, Readiness::Readable, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let other = Arc::clone(&bell);
        let canceller = thread::spawn(move || {
            cancel.cancel();
            other.ring();
        });
        let error = bell.wait(&tcp, Readiness::Readable, LONG).unwrap_err();
        assert!(error.to_string().contains("cancelled"), "{error}");
        canceller.join().unwrap();
    }

    #[test]
    fn a_connection_that_is_refused_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!(bell().0.connect(&address, LONG).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }
}
