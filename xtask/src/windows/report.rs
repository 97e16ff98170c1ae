//! What was run: a line for each program, and a total.

use std::time::{Duration, Instant};

/// How a program ended.
pub(super) struct Ran {
    pub(super) name: String,
    /// The tests that passed, failed, and were ignored.
    pub(super) counts: [usize; 3],
    /// The names of those that failed, or why the program failed as a whole.
    pub(super) failed: Vec<String>,
    pub(super) took: Duration,
}

impl Ran {
    fn line(&self) -> String {
        let result = match (self.failed.is_empty(), self.counts) {
            (false, _) => "***Failed",
            (true, [0, 0, 0]) => "Empty",
            (true, [0, 0, _]) => "Ignored",
            (true, _) => "Passed",
        };
        let [passed, failed, ignored] = self.counts;
        let seconds = self.took.as_secs_f32();
        let name = format!("{:.<48}", format!("{} ", self.name));
        format!("{name} {result:<9} {passed:>4} passed {failed:>3} failed {ignored:>3} ignored {seconds:>7.1} s")
    }
}

pub(super) struct Report {
    start: Instant,
    /// When the last one ended.
    last: Instant,
    ran: Vec<Ran>,
}

impl Default for Report {
    fn default() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, ran: Vec::new() }
    }
}

impl Report {
    /// Adds what ended just now, and prints its line.
    pub(super) fn add(&mut self, ran: Ran) {
        println!("{:>3} {}", self.ran.len() + 1, ran.line());
        ran.failed.iter().for_each(|name| println!("        {name}"));
        self.ran.push(ran);
        self.last = Instant::now();
    }

    /// Adds a check of its own, which began when the one before it had ended.
    pub(super) fn check(&mut self, name: &str, outcome: Result<(), String>) {
        let failed: Vec<String> = outcome.err().into_iter().collect();
        let counts = [usize::from(failed.is_empty()), failed.len(), 0];
        self.add(Ran { name: name.into(), counts, failed, took: self.last.elapsed() });
    }

    /// Prints the total, which is an error if anything failed.
    pub(super) fn end(&self) -> Result<(), String> {
        let [passed, failed, ignored] = [0, 1, 2].map(|at| self.ran.iter().filter_map(|ran| ran.counts.get(at)).sum());
        let (passed, failed, ignored): (usize, usize, usize) = (passed, failed, ignored);
        let empty = self.ran.iter().filter(|ran| ran.failed.is_empty() && ran.counts == [0; 3]).count();
        let broken: Vec<&str> =
            self.ran.iter().filter(|ran| !ran.failed.is_empty()).map(|ran| ran.name.as_str()).collect();
        println!(
            "\n{} programs, of which {empty} have no test for Windows: {passed} tests passed, {failed} failed, \
             {ignored} ignored (they need programs of Unix); {:.0} s",
            self.ran.len(),
            self.start.elapsed().as_secs_f32()
        );
        if broken.is_empty() { Ok(()) } else { Err(format!("failed on Windows: {}", broken.join(", "))) }
    }
}
