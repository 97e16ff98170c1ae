//! The console of a process: what asks the process to end, and whether the screen carries out escape sequences.

use std::{
    fmt, io,
    os::windows::io::{AsHandle, AsRawHandle as _},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};
use windows_sys::{
    Win32::System::Console::{
        CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
        ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GenerateConsoleCtrlEvent, GetConsoleMode,
        SetConsoleCtrlHandler, SetConsoleMode,
    },
    core::BOOL,
};

/// What asks a process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// Ctrl+C.
    Interrupt,
    /// Ctrl+Break, which reaches processes that ignore Ctrl+C as well.
    Break,
    /// The console window is closed.
    Close,
    /// The user logs off.
    LogOff,
    /// The system shuts down.
    Shutdown,
}

impl End {
    const fn of(event: u32) -> Option<Self> {
        Some(match event {
            CTRL_C_EVENT => Self::Interrupt,
            CTRL_BREAK_EVENT => Self::Break,
            CTRL_CLOSE_EVENT => Self::Close,
            CTRL_LOGOFF_EVENT => Self::LogOff,
            CTRL_SHUTDOWN_EVENT => Self::Shutdown,
            _ => return None,
        })
    }

    /// Whether the system terminates the process when the handler returns, whatever it returns.
    const fn is_final(self) -> bool {
        matches!(self, Self::Close | Self::LogOff | Self::Shutdown)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "Ctrl+C",
            Self::Break => "Ctrl+Break",
            Self::Close => "the end of its console",
            Self::LogOff => "the end of the user's session",
            Self::Shutdown => "the shutdown of the system",
        })
    }
}

type Act = Box<dyn FnOnce(End) + Send>;

/// What the first event is told to.
static ACT: Mutex<Option<Act>> = Mutex::new(None);

/// Calls a function at the first event that asks this process to end, in a thread of its own. The process then has to end by
/// itself; when the console is closed, within the five seconds that the system leaves it. A second Ctrl+C or Ctrl+Break ends
/// it at once.
///
/// # Errors
/// Those of the system.
pub fn on_end(act: impl FnOnce(End) + Send + 'static) -> io::Result<()> {
    *ACT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
    #[expect(unsafe_code, reason = "a call of the system")]
    // SAFETY: the handler has the type that the function requires, and exists as long as the process.
    let is_set = unsafe { SetConsoleCtrlHandler(Some(handle), 1) };
    if is_set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Longer than the system waits for a handler.
const PAUSE: Duration = Duration::from_secs(60);

/// The system runs it in a thread that it makes for each event.
extern "system" fn handle(event: u32) -> BOOL {
    let Some(end) = End::of(event) else { return 0 };
    let first = ACT.lock().unwrap_or_else(PoisonError::into_inner).take();
    let is_first = first.is_some();
    if let Some(act) = first {
        act(end);
    }
    if end.is_final() {
        // To return would terminate the process before it has ended by itself.
        thread::sleep(PAUSE);
    }
    // 0 leaves the event to the handler of the system, which ends the process.
    BOOL::from(is_first)
}

/// Sends Ctrl+Break to the processes of a group in this console. The process that began the group with
/// `CREATE_NEW_PROCESS_GROUP` gives it its number.
///
/// # Errors
/// Those of the system: for instance, if this process has no console.
pub fn send_break(group: u32) -> io::Result<()> {
    #[expect(unsafe_code, reason = "a call of the system")]
    // SAFETY: the function takes two numbers, and has no requirement on them.
    let is_sent = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group) };
    if is_sent == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Whether a terminal carries out escape sequences. A console of Windows is asked to, and those before Windows 10 cannot;
/// terminals of other programs, which the system has as pipes, carry them out.
pub fn carries_out_escapes(stream: &impl AsHandle) -> bool {
    let handle = stream.as_handle().as_raw_handle();
    let mut mode = 0;
    #[expect(unsafe_code, reason = "a call of the system")]
    // SAFETY: the handle is open as long as the stream is borrowed, and `mode` is valid for the write of a number.
    let is_console = unsafe { GetConsoleMode(handle, &raw mut mode) } != 0;
    let wanted = mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    if !is_console || mode == wanted {
        return true;
    }
    #[expect(unsafe_code, reason = "a call of the system")]
    // SAFETY: the handle is open as long as the stream is borrowed.
    let is_set = unsafe { SetConsoleMode(handle, wanted) };
    is_set != 0
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::{fs::File, sync::mpsc};

    #[test]
    fn the_first_event_is_told_and_the_second_is_left_to_the_system() {
        let (told, events) = mpsc::channel();
        on_end(move |end| told.send(end).unwrap()).unwrap();
        assert_eq!([77, CTRL_C_EVENT, CTRL_BREAK_EVENT].map(|event| handle(event)), [0, 1, 0]);
        assert_eq!(events.iter().collect::<Vec<_>>(), [End::Interrupt]);
    }

    #[test]
    fn every_event_has_words() {
        let words = (0..=6).filter_map(End::of).map(|end| end.to_string()).collect::<Vec<_>>();
        assert_eq!(words.len(), 5);
        assert!(words.iter().all(|word| !word.is_empty()));
    }

    #[test]
    fn what_is_no_console_is_left_unchanged() {
        assert!(carries_out_escapes(&File::open("NUL").unwrap()));
    }
}
