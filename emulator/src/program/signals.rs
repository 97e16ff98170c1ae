//! Signals: another configuration, and the end.

/// What the program is asked by a signal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Reload,
    End,
}

/// Carries out what signals ask, until the first that ends the program.
#[cfg(unix)]
pub(super) fn follow(mut act: impl FnMut(Asked)) -> std::io::Result<()> {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::Signals,
    };
    for signal in &mut Signals::new([SIGHUP, SIGINT, SIGTERM])? {
        let asked = if signal == SIGHUP { Asked::Reload } else { Asked::End };
        act(asked);
        if asked == Asked::End {
            break;
        }
    }
    Ok(())
}

/// Waits for the first signal that ends the program. Windows turns Ctrl-C into SIGINT, and has no signal for another
/// configuration.
#[cfg(not(unix))]
pub(super) fn follow(mut act: impl FnMut(Asked)) -> std::io::Result<()> {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
    };
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        thread,
        time::Duration,
    };
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&ended))?;
    }
    while !ended.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(100));
    }
    act(Asked::End);
    Ok(())
}
