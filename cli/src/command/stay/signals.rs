//! The signals that end the command.

use crate::terminal::failure::Failure;
use defender_auth_mqtt::driver::Control;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    iterator::Signals as Incoming,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
};

/// SIGTERM and SIGINT are waited for from now on.
pub(super) struct Signals(Incoming);

/// The signal that came.
pub(super) struct Received(Arc<AtomicI32>);

impl Signals {
    /// The first signal ends the session; a second one ends the process at once.
    pub(super) fn new() -> Result<Self, Failure> {
        let is_second = Arc::new(AtomicBool::new(false));
        let register = || {
            for signal in [SIGTERM, SIGINT] {
                // In this order: the first signal finds the flag unset.
                flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&is_second))?;
                flag::register(signal, Arc::clone(&is_second))?;
            }
            Incoming::new([SIGTERM, SIGINT])
        };
        let signals = register();
        signals.map(Self).map_err(|error| Failure::Call(format!("signals cannot be waited for: {error}")))
    }

    /// Cancels a driver when a signal comes, or has come.
    pub(super) fn cancel(mut self, control: Control) -> Received {
        let received = Arc::new(AtomicI32::new(0));
        let last = Arc::clone(&received);
        thread::spawn(move || {
            if let Some(signal) = self.0.forever().next() {
                last.store(signal, Ordering::SeqCst);
                control.cancel();
            }
        });
        Received(received)
    }
}

impl Received {
    /// Its name.
    pub(super) fn received(&self) -> &'static str {
        if self.0.load(Ordering::SeqCst) == SIGINT { "SIGINT" } else { "SIGTERM" }
    }
}
