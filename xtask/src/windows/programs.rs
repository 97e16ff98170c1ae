//! The test programs, as cargo names them.

use super::{
    TARGET,
    report::{Ran, Report},
    wine::Wine,
};
use crate::run::{cargo, root, target};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a program may take: the slowest takes seven minutes on a machine with other work.
const LIMIT: Duration = Duration::from_secs(1800);

/// Packages that do not run on Windows, and why.
const ELSEWHERE: [(&str, &str); 1] = [("xtask", "the project's tasks run on Linux")];

/// A test program for Windows.
pub(super) struct Program {
    name: String,
    path: PathBuf,
    /// Where cargo would run it.
    folder: PathBuf,
}

/// Builds everything of these packages, or of the workspace, and returns the test programs. What does not compile is a
/// failure in the report.
pub(super) fn build(names: &[&str], report: &mut Report) -> Result<Vec<Program>, String> {
    let mut command = cargo(&["build", "--locked", "--keep-going", "--target", TARGET, "--all-features"]);
    command.args(["--lib", "--bins", "--tests", "--examples", "--message-format", "json-render-diagnostics"]);
    if names.is_empty() {
        command.arg("--workspace");
        for (name, reason) in ELSEWHERE {
            println!("{name}: {reason}");
            command.args(["--exclude", name]);
        }
    }
    for name in names {
        command.args(["--package", name]);
    }
    let mut cargo = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("cargo: {error}"))?;
    let mut programs = Vec::new();
    for line in BufReader::new(cargo.stdout.take().ok_or("cargo has no output")?).lines() {
        let line = line.map_err(|error| format!("cargo's output: {error}"))?;
        programs.extend(serde_json::from_str(&line).ok().as_ref().and_then(Program::of));
    }
    let status = cargo.wait().map_err(|error| format!("cargo: {error}"))?;
    report.check("everything compiles", if status.success() { Ok(()) } else { Err(format!("cargo build: {status}")) });
    programs.sort_by(|one: &Program, other| one.name.cmp(&other.name));
    Ok(programs)
}

impl Program {
    /// What a message of cargo's says was built, if it is a test program.
    fn of(message: &Value) -> Option<Self> {
        let path = message.get("executable")?.as_str()?;
        message.pointer("/profile/test")?.as_bool()?.then_some(())?;
        let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?;
        let package = folder.strip_prefix(root()).ok()?.display().to_string();
        let target = message.pointer("/target/name")?.as_str()?;
        let kind = message.pointer("/target/kind/0")?.as_str()?;
        let kind = if kind == "test" { "tests" } else { "src" };
        let place = if package.is_empty() { kind.to_owned() } else { format!("{package}/{kind}") };
        Some(Self { name: format!("{place}/{target}"), path: path.into(), folder: folder.into() })
    }

    /// Runs it to its end, or to that of its time.
    pub(super) fn run(&self, wine: &Wine) -> Result<Ran, String> {
        let log = target().join("wine-logs").join(format!("{}.txt", self.name.replace('/', "-")));
        let failed = |error| format!("{}: {error}", log.display());
        fs::create_dir_all(log.parent().unwrap_or(&log)).map_err(failed)?;
        let output = File::create(&log).map_err(failed)?;
        let start = Instant::now();
        let mut command = wine.program(&self.path);
        command.current_dir(&self.folder).stdout(output.try_clone().map_err(failed)?).stderr(output);
        let ended = wait(command.spawn().map_err(|error| format!("wine: {error}"))?)?;
        let text = fs::read(&log).map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        let mut failed: Vec<String> = failures(&text);
        let counts = counts(&text);
        if let Some(ended) = ended.filter(|_| failed.is_empty()) {
            failed.push(ended);
        }
        if !failed.is_empty() {
            failed.push(format!("see {}", log.display()));
        }
        Ok(Ran { name: self.name.clone(), counts, failed, took: start.elapsed() })
    }
}

/// Why the program did not end well, if it did not.
fn wait(mut process: Child) -> Result<Option<String>, String> {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait().map_err(|error| format!("wine: {error}"))? {
            return Ok((!status.success()).then(|| status.to_string()));
        }
        if start.elapsed() > LIMIT {
            let _ = process.kill();
            let _ = process.wait();
            return Ok(Some(format!("it was ended after {} s", LIMIT.as_secs())));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The tests that passed, failed and were ignored, of the line with the result.
fn counts(output: &str) -> [usize; 3] {
    let result = output.lines().rev().find(|line| line.starts_with("test result: ")).unwrap_or_default();
    let count = |word: &str| {
        let number = result.split(['.', ';']).find_map(|part| part.trim().strip_suffix(word));
        number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    };
    [count("passed"), count("failed"), count("ignored")]
}

fn failures(output: &str) -> Vec<String> {
    let failed = output.lines().filter_map(|line| line.trim_end().strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    failed.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_and_failures_named() {
        let output = "running 5 tests\r\ntest a::b ... ok\r\ntest c ... FAILED\r\ntest d ... ignored, needs swtpm\r\n\r\n\
                      test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.5s\r\n";
        assert_eq!(counts(output), [3, 1, 1]);
        assert_eq!(failures(output), ["c"]);
        assert_eq!(counts("no line of a result"), [0; 3]);
    }

    #[test]
    fn a_message_names_its_program_by_its_folder() {
        let message = |folder: &str, test: bool| {
            serde_json::json!({
                "reason": "compiler-artifact", "manifest_path": root().join(folder).join("Cargo.toml"),
                "target": { "kind": ["test"], "name": "https" }, "profile": { "test": test }, "executable": "a.exe",
            })
        };
        let name = |message| Program::of(&message).map(|program| program.name);
        assert_eq!(name(message("", true)).as_deref(), Some("tests/https"));
        assert_eq!(name(message("emulator", true)).as_deref(), Some("emulator/tests/https"));
        assert_eq!(name(message("emulator", false)), None);
    }
}
