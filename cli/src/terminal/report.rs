//! How the command ends: what failed is told to people on standard error, and to programs that want JSON on standard
//! output.

use super::{colour, failure::Failure, one_line::one_line, output, stderr};
use std::process::ExitCode;

/// The exit status of a run, after what failed has been told.
pub(crate) fn end(ended: &Result<(), Failure>, as_json: bool) -> ExitCode {
    let Err(failure) = ended else { return ExitCode::SUCCESS };
    if let Some(problem) = failure.problem() {
        if as_json && !matches!(failure, Failure::Printed(_)) {
            // Where it cannot be written, standard error has it.
            let _ = output::json_problem(&problem);
        }
        stderr::line(format_args!(
            "{} {} (explain {})\nfault: {}",
            colour::error("error:"),
            one_line(&problem.what),
            problem.number(),
            problem.fault
        ));
    }
    ExitCode::from(failure.status())
}
