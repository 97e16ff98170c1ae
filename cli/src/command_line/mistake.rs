//! A wrong argument: clap tells people, and this file tells programs.

use crate::terminal::{output, problem::Problem, stderr};
use clap::{
    Error, Parser,
    error::{ContextKind, ContextValue},
};
use defender_auth::error::{Code, ErrorKind};
use std::process;

/// Reads the arguments. If one is wrong, the process ends with the status of a wrong call, and where `--help` or
/// `--version` is asked for, with that of success.
pub(crate) fn parse<A: Parser>(as_json: bool) -> A {
    A::try_parse().unwrap_or_else(|error| {
        if as_json && error.use_stderr() {
            // Where it cannot be written, standard error has it.
            let _ = output::json_problem(&problem(&error));
        }
        let _ = error.print();
        if is_mistake(&error) {
            stderr::line(format_args!("fault: the call (explain {})", Code::Argument.as_i32()));
        }
        process::exit(error.exit_code())
    })
}

/// Whether something is wrong, and not just a page of help asked for.
fn is_mistake(error: &Error) -> bool {
    error.use_stderr() && error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

fn problem(error: &Error) -> Problem {
    let text = error.render().to_string();
    // What follows the first blank line is the usage.
    let first = text.split("\n\n").next().unwrap_or_default();
    let what = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let what = what.strip_prefix("error: ").map_or(what.clone(), Into::into);
    let problem = Problem::new(Code::Argument.as_i32(), ErrorKind::Caller, "the call", what);
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => problem.about(argument),
        Some(ContextValue::Strings(arguments)) => problem.about(arguments.join(", ")),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Parser)]
    struct Sample {
        #[arg(long)]
        _time: u32,
    }

    fn of(words: &[&str]) -> Problem {
        match Sample::try_parse_from([&["sample"], words].concat()) {
            Err(error) => problem(&error),
            Ok(_) => panic!("{words:?} are right"),
        }
    }

    #[test]
    fn help_is_no_mistake() {
        let is_wrong = |words: &[&str]| Sample::try_parse_from(words).err().map(|error| is_mistake(&error));
        assert_eq!(is_wrong(&["sample", "--help"]), Some(false));
        assert_eq!(is_wrong(&["sample", "--tiem"]), Some(true));
        assert_eq!(is_wrong(&["sample", "--time", "1"]), None);
    }

    #[test]
    fn a_wrong_argument_is_named_without_the_usage() {
        let wrong = of(&["--time", "soon"]);
        assert_eq!(wrong.what, "invalid value 'soon' for '--time <TIME>': invalid digit found in string");
        assert_eq!(wrong.field.as_deref(), Some("--time <TIME>"));
        let absent = of(&[]);
        assert!(absent.what.contains("required") && !absent.what.contains("Usage"), "{}", absent.what);
    }
}
