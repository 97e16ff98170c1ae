//! The steps that were done, in their order, each printed when it ends.

use super::step::{Found, Status, Step};
use crate::terminal::{
    colour::{self, Verdict},
    failure::Failure,
    one_line::one_line,
    output,
    problem::Problem,
};
use std::time::{Duration, Instant};

/// The time limit of all steps together. What is still to be done then is skipped.
const LIMIT: Duration = Duration::from_secs(180);

/// The width of the first two columns.
const INDENT: usize = 23;

pub(super) struct Examination {
    pub(super) steps: Vec<Step>,
    /// Host names, IDs and others that tell whose device this is.
    pub(super) ids: Vec<String>,
    prints: bool,
    begun: Instant,
    exit: Option<u8>,
    /// Why nothing can be printed any more.
    silenced: Option<Failure>,
}

impl Examination {
    pub(super) fn new(prints: bool) -> Self {
        Self { steps: Vec::new(), ids: Vec::new(), prints, begun: Instant::now(), exit: None, silenced: None }
    }

    /// Does a step, and returns whether what depends on it can be done.
    pub(super) fn step(&mut self, step: &'static str, place: Option<String>, work: impl FnOnce() -> Found) -> bool {
        let begun = Instant::now();
        let found = work();
        self.add(step, place, begun.elapsed(), found)
    }

    /// Adds a step that was done before.
    pub(super) fn add(&mut self, step: &'static str, place: Option<String>, took: Duration, found: Found) -> bool {
        let Found { status, text, notes, next, problem, exit } = found;
        if status == Status::Failed {
            self.exit.get_or_insert(exit);
        }
        let elapsed_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        // What was added to the text belongs to the message.
        let error = problem.map(|problem| Problem { what: text.clone(), ..problem });
        let next = next.or_else(|| Some(format!("defenderauth explain {}", number(error.as_ref()?))));
        let done = Step { name: step, place, status, text, notes, next, error, elapsed_ms };
        if self.prints && self.silenced.is_none() {
            self.silenced = lines(&done).iter().try_for_each(|line| output::line(&painted(line, status))).err();
        }
        self.steps.push(done);
        matches!(status, Status::Ok | Status::Warning)
    }

    /// A step that is not done.
    pub(super) fn skip(&mut self, step: &'static str, place: Option<String>, why: impl Into<String>) {
        self.add(step, place, Duration::ZERO, Found::skipped(why));
    }

    /// Whether there is time for another step on the network.
    pub(super) fn has_time(&self) -> bool {
        self.begun.elapsed() < LIMIT
    }

    /// Keeps a name for the report.
    pub(super) fn know(&mut self, id: impl Into<String>) {
        let id = id.into();
        if !id.is_empty() && !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }

    /// The first step that failed.
    pub(super) fn first_failure(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.status == Status::Failed)
    }

    /// The worst of all steps.
    pub(super) fn verdict(&self) -> Status {
        self.steps.iter().map(|step| step.status).max().unwrap_or(Status::Ok).max(Status::Ok)
    }

    /// What it comes to, in one line.
    pub(super) fn summary(&self) -> String {
        let of = |status| self.steps.iter().filter(|step| step.status == status).count();
        match (self.first_failure(), of(Status::Warning)) {
            (Some(step), _) => {
                let place = step.place.as_ref().map(|place| format!(" {place}")).unwrap_or_default();
                let which = match of(Status::Failed) {
                    1 => "the step".into(),
                    failed => format!("the first of {failed} steps"),
                };
                format!("{which} that failed is {}{place}: begin there", step.name)
            }
            (None, 0) => "nothing that was examined is wrong".into(),
            (None, warnings) => format!("nothing failed; warnings: {warnings}"),
        }
    }

    /// Every line.
    pub(super) fn lines(&self) -> Vec<String> {
        let verdict = row(self.verdict().as_str(), "verdict", &self.summary());
        self.steps.iter().flat_map(lines).chain([verdict]).collect()
    }

    /// Prints what comes last, and returns the exit status.
    pub(super) fn end(self) -> Result<(), Failure> {
        if let Some(failure) = self.silenced {
            return Err(failure);
        }
        if self.prints {
            output::line(&painted(&row(self.verdict().as_str(), "verdict", &self.summary()), self.verdict()))?;
        }
        self.exit.map_or(Ok(()), |exit| Err(Failure::Found(exit)))
    }
}

/// The number by which a failure is explained: a protocol's own says more than the library's.
fn number(problem: &Problem) -> String {
    let coded = problem.causes.iter().find_map(|cause| cause.code.clone().filter(|code| code.contains(':')));
    coded.unwrap_or_else(|| problem.code.to_string())
}

/// The line with its word in colour, if it begins with it.
fn painted(line: &str, status: Status) -> String {
    let verdict = match status {
        Status::Ok => Verdict::Good,
        Status::Warning => Verdict::Doubtful,
        Status::Failed => Verdict::Bad,
        Status::Skipped => return line.into(),
    };
    let word = status.as_str();
    line.strip_prefix(word).map_or_else(|| line.into(), |rest| colour::verdict(word, verdict) + rest)
}

fn row(status: &str, step: &str, text: &str) -> String {
    format!("{status:<9}{step:<14}{}", one_line(text))
}

fn lines(done: &Step) -> Vec<String> {
    let text = match &done.place {
        Some(place) => format!("{place}: {}", done.text),
        None => done.text.clone(),
    };
    let indented = |text: &str| format!("{:INDENT$}{}", "", one_line(text));
    let notes = done.notes.iter().map(|note| indented(note));
    let fault = done
        .error
        .iter()
        .map(|problem| indented(&format!("fault: {}; defenderauth explain {}", problem.fault, number(problem))));
    let next = done.next.iter().map(|next| indented(&format!("next: {next}")));
    [row(done.status.as_str(), done.name, &text)].into_iter().chain(notes).chain(fault).chain(next).collect()
}
