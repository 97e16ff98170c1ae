//! Everything for Windows, compiled with mingw: every test under wine, and the command and the emulator across systems.

mod across;
mod programs;
mod report;
mod wine;

use crate::{
    bare_metal, dist,
    run::{cargo, run},
    tools,
};
use report::Report;
use wine::Wine;

/// The compiler that Debian has for Windows.
pub(crate) const GCC: &str = "x86_64-w64-mingw32-gcc";

/// What that compiler makes.
pub(crate) const TARGET: &str = dist::WINDOWS;

/// What is checked beside the tests of the packages.
const OTHERS: [&str; 3] = ["across", "library", "tpm"];

/// Builds the packages of these names, or all, and runs their tests; then the command and the emulator across systems, the
/// command with a TPM, and the installed C library. A failure does not end it before the last test.
pub(crate) fn windows(names: &[String]) -> Result<(), String> {
    bare_metal::provide(TARGET)?;
    provide_compiler()?;
    if !tools::works("wine", &["--version"]) {
        tools::install(&["wine", "wine64"])?;
    }
    let wine = Wine::new()?;
    let mut report = Report::default();
    let (others, packages): (Vec<&str>, Vec<&str>) =
        names.iter().map(String::as_str).partition(|name| OTHERS.contains(name));
    if others.is_empty() || !packages.is_empty() {
        for program in programs::build(&packages, &mut report)? {
            report.add(program.run(&wine)?);
        }
    }
    let is_wanted = |other| names.is_empty() || others.contains(&other);
    if is_wanted("across") {
        across::check(&wine, &mut report)?;
    }
    if is_wanted("tpm") {
        report.check("the command for Windows with a TPM", with_tpm(&wine));
    }
    if is_wanted("library") {
        dist::check_windows(&|program| wine.program(program), &mut |name, outcome| report.check(name, outcome))?;
    }
    report.end()
}

/// The command with the TPM Base Services of its tests, whose TPM is swtpm.
fn with_tpm(wine: &Wine) -> Result<(), String> {
    if !tools::works("swtpm", &["--version"]) || !tools::works("tpm2_getcap", &["--version"]) {
        tools::install(&["swtpm", "tpm2-tools"])?;
    }
    let tests =
        ["--package", "defender-auth-cli", "--all-features", "--test", "command", "--", "--ignored", "tpm_of_windows"];
    let mut test = cargo(&[&["test", "--locked"], tests.as_slice()].concat());
    test.env("DEFENDER_AUTH_WINE", wine.prefix());
    run(test)
}

/// Lints everything for Windows, where the target and its compiler can be had; elsewhere that is said.
pub(crate) fn lint_where_possible() -> Result<(), String> {
    if let Err(missing) = bare_metal::provide(TARGET) {
        println!("{missing}: nothing was compiled for Windows");
        return Ok(());
    }
    if let Err(missing) = provide_compiler() {
        println!("{missing}: nothing was compiled for Windows");
        return Ok(());
    }
    let everything = ["clippy", "--workspace", "--all-targets", "--all-features", "--target", TARGET];
    run(cargo(&[everything.as_slice(), &["--", "--deny", "warnings"]].concat()))
}

fn provide_compiler() -> Result<(), String> {
    if tools::works(GCC, &["--version"]) { Ok(()) } else { tools::install(&["gcc-mingw-w64-x86-64"]) }
}
