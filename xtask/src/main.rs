//! The project's own tasks: `cargo xtask` lists them.

#![forbid(unsafe_code)]

mod instructions;
mod run;
mod test;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test            install what the tests need where that is allowed, then run every test
cargo xtask check           formatting, lints, documentation, dependencies
cargo xtask instructions    count the instructions of one token (needs gdb)
";

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    let done = match task.as_deref() {
        Some("test") => test::test(),
        Some("check") => test::check(),
        Some("instructions") => instructions::count(),
        Some("help" | "--help" | "-h") | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => Err(format!("there is no task `{other}`\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
