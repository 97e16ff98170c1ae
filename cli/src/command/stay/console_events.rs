//! What ends the command on Windows, in the place of signals: events of its console.

use crate::terminal::failure::Failure;
use defender_auth_mqtt::driver::Control;
use defender_auth_windows::console::{self, End};
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        mpsc::{Receiver, channel},
    },
    thread,
};

/// Events are waited for from now on.
pub(super) struct Signals(Receiver<End>);

/// The event that came.
pub(super) struct Received(Arc<OnceLock<End>>);

impl Signals {
    /// The first event ends the session; a second Ctrl+C ends the process at once.
    pub(super) fn new() -> Result<Self, Failure> {
        let (came, events) = channel();
        let tell = move |end| {
            // Nothing waits for it once the session has ended by itself.
            let _ = came.send(end);
        };
        console::on_end(tell).map_err(|error| Failure::Call(format!("Ctrl+C cannot be waited for: {error}")))?;
        Ok(Self(events))
    }

    /// Cancels a driver when an event comes, or has come.
    pub(super) fn cancel(self, control: Control) -> Received {
        let received = Arc::new(OnceLock::new());
        let first = Arc::clone(&received);
        thread::spawn(move || {
            if let Ok(end) = self.0.recv() {
                let _ = first.set(end);
                control.cancel();
            }
        });
        Received(received)
    }
}

impl Received {
    /// The event.
    pub(super) fn received(&self) -> impl fmt::Display {
        self.0.get().copied().unwrap_or(End::Interrupt)
    }
}
