//! Progress of a batch: a bar on a terminal, a line for each tenth elsewhere.

use super::stderr;
use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

const WIDTH: usize = 30;

/// The shortest time between two updates of a terminal.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Bar<W: Write> {
    out: W,
    terminal: bool,
    total: usize,
    tenth: usize,
    drawn: Option<Instant>,
}

/// On standard error.
pub(crate) fn on_stderr(total: usize) -> Bar<impl Write> {
    let mut bar = Bar::new(io::stderr(), stderr::is_live(), total);
    if stderr::is_quiet() {
        // No tenth is after the last.
        bar.tenth = 10;
    }
    bar
}

impl<W: Write> Bar<W> {
    fn new(out: W, terminal: bool, total: usize) -> Self {
        Self { out, terminal, total: total.max(1), tenth: 0, drawn: None }
    }

    /// Reports the number of those done. That it cannot be shown is no failure.
    pub(crate) fn show(&mut self, done: usize) {
        let total = self.total;
        if self.terminal {
            let now = Instant::now();
            if done < total && self.drawn.is_some_and(|drawn| now.duration_since(drawn) < PAUSE) {
                return;
            }
            self.drawn = Some(now);
            let full = (WIDTH * done / total).min(WIDTH);
            let _ = write!(self.out, "\r[{}{}] {done} of {total}", "#".repeat(full), " ".repeat(WIDTH - full));
            let _ = self.out.flush();
        } else if 10 * done / total > self.tenth {
            self.tenth = 10 * done / total;
            let _ = writeln!(self.out, "made {done} of {total}");
        }
    }
}

impl<W: Write> Drop for Bar<W> {
    /// Ends the line, so that the next message begins on its own.
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = writeln!(self.out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(terminal: bool, total: usize) -> String {
        let mut out = Vec::new();
        let mut bar = Bar::new(&mut out, terminal, total);
        (1..=total).for_each(|done| bar.show(done));
        drop(bar);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_terminal_shows_one_line_that_grows() {
        let shown = shown(true, 1000);
        assert!(shown.starts_with("\r[                              ] 1 of 1000"), "{shown:?}");
        assert!(shown.ends_with("\r[##############################] 1000 of 1000\n"), "{shown:?}");
        assert_eq!(shown.matches('\n').count(), 1);
    }

    #[test]
    fn elsewhere_at_most_ten_lines_are_written() {
        let lines = |total| shown(false, total).lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(1000).len(), 10);
        assert_eq!(lines(1000).first().unwrap(), "made 100 of 1000");
        assert_eq!(lines(3), ["made 1 of 3", "made 2 of 3", "made 3 of 3"]);
        assert_eq!(lines(1), ["made 1 of 1"]);
    }
}
