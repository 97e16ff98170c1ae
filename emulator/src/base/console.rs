//! Lines for a terminal. A terminal, pipe or file that cannot be written, or that nobody reads, delays nothing and ends
//! nothing.

use std::{
    fmt::Display,
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

/// How many lines may wait to be written. Further lines are omitted.
const WAITING: usize = 4096;

/// How long the last lines may take at the end.
const LAST: Duration = Duration::from_secs(1);

/// Standard error, written by a thread of its own.
#[derive(Clone)]
pub(crate) struct Console {
    lines: SyncSender<String>,
    backlog: Arc<Backlog>,
}

#[derive(Default)]
struct Backlog {
    counts: Mutex<Counts>,
    written: Condvar,
}

#[derive(Default)]
struct Counts {
    waiting: usize,
    omitted: u64,
}

impl Backlog {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Console {
    pub(crate) fn stderr() -> Self {
        Self::new(io::stderr())
    }

    fn new(mut out: impl Write + Send + 'static) -> Self {
        let (lines, queue) = sync_channel::<String>(WAITING);
        let backlog = Arc::new(Backlog::default());
        let inside = Arc::clone(&backlog);
        let write = move || {
            for line in queue {
                let omitted = std::mem::take(&mut inside.counts().omitted);
                if omitted > 0 {
                    let note = format!("{omitted} lines were omitted: standard error was not read in time\n");
                    let _ = out.write_all(note.as_bytes());
                }
                // In one piece, so that another writer's line does not end up inside it.
                let _ = out.write_all(format!("{line}\n").as_bytes());
                inside.counts().waiting -= 1;
                inside.written.notify_all();
            }
        };
        // Without a thread the lines are omitted.
        let _ = thread::Builder::new().name("console".into()).spawn(write);
        Self { lines, backlog }
    }

    /// Queues a line. It never blocks.
    pub(crate) fn line(&self, line: &impl Display) {
        let mut counts = self.backlog.counts();
        match self.lines.try_send(line.to_string()) {
            Ok(()) => counts.waiting += 1,
            Err(TrySendError::Full(_)) => counts.omitted += 1,
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// Waits until the queued lines are written, one second at most.
    pub(crate) fn flush(&self) {
        let counts = self.backlog.counts();
        let _ = self.backlog.written.wait_timeout_while(counts, LAST, |counts| counts.waiting > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Takes what is written once it is permitted.
    struct Gate {
        permit: Receiver<()>,
        out: Sender<String>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // A closed channel permits everything.
            let _ = self.permit.recv();
            let _ = self.out.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_nobody_reads_delays_nobody_and_what_is_omitted_is_counted() {
        let (open, permit) = channel();
        let (out, written) = channel();
        let console = Console::new(Gate { permit, out });
        // One line is with the writer at most, and the queue is full then.
        let lines = WAITING + 11;
        for number in 0..lines {
            console.line(&number);
        }
        drop(open);
        console.flush();
        let text: String = written.try_iter().collect();
        let notes = text
            .lines()
            .filter_map(|line| line.strip_suffix(" lines were omitted: standard error was not read in time"));
        let omitted: usize = notes.map(|count| count.parse::<usize>().unwrap()).sum();
        assert!((10..=11).contains(&omitted), "{omitted}");
        let numbers: Vec<usize> = text.lines().filter_map(|line| line.parse().ok()).collect();
        assert_eq!(numbers, (0..lines - omitted).collect::<Vec<_>>(), "in their order");
    }

    #[test]
    fn an_output_that_fails_ends_nothing() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let console = Console::new(Full);
        console.line(&"one");
        console.line(&"two");
        console.flush();
        assert_eq!(console.backlog.counts().waiting, 0);
    }
}
