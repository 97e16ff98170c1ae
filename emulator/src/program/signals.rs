//! Signals: another configuration, and the end.

use std::io;

/// What the program is asked by a signal.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "no other system has a signal for a reload"))]
pub(super) enum Asked {
    Reload,
    End,
}

/// Carries out what signals ask, until the first that ends the program.
#[cfg(unix)]
pub(super) fn follow(mut act: impl FnMut(Asked)) -> io::Result<()> {
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

/// Waits for Ctrl+C, or for another event of the console that ends the program.
#[cfg(windows)]
pub(super) fn follow(mut act: impl FnMut(Asked)) -> io::Result<()> {
    let (came, end) = std::sync::mpsc::channel();
    defender_auth_windows::console::on_end(move |_| {
        let _ = came.send(());
    })?;
    // It waits for as long as the program runs.
    let _ = end.recv();
    act(Asked::End);
    Ok(())
}

/// Other systems end the program by themselves.
#[cfg(not(any(unix, windows)))]
pub(super) fn follow(_: impl FnMut(Asked)) -> io::Result<()> {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
}
