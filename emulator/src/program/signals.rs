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

/// Other systems end the program by themselves.
#[cfg(not(unix))]
pub(super) fn follow(_: impl FnMut(Asked)) -> std::io::Result<()> {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
}
