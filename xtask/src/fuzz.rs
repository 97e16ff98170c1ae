//! `cargo xtask fuzz`: libFuzzer with `AddressSanitizer` on every target, and what each of them reached.

use crate::{
    run::{command, root, run, target},
    tools,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
    thread,
};

/// The version of cargo-fuzz that the project was checked with.
const CARGO_FUZZ: &str = "0.13.2";

/// What is fuzzed, in seconds a target, if nobody says otherwise.
const SECONDS: &str = "60";

/// Options: `--seconds N`, `--jobs N`, `--seed N` for the same choices at each run, and names of targets; without names
/// all of them.
pub(crate) fn fuzz(options: &[String]) -> Result<(), String> {
    let mut limits = vec![format!("-max_total_time={SECONDS}")];
    let mut jobs = thread::available_parallelism().map_or(1, usize::from);
    let all = targets()?;
    let mut chosen = Vec::new();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let mut number = || {
            let number = options.next().and_then(|text| text.parse::<usize>().ok()).filter(|number| *number > 0);
            number.ok_or_else(|| format!("{option} is followed by a whole number above zero"))
        };
        match option.as_str() {
            // The last one counts.
            "--seconds" => limits.push(format!("-max_total_time={}", number()?)),
            "--seed" => limits.push(format!("-seed={}", number()?)),
            "--jobs" => jobs = number()?,
            name if all.iter().any(|target| target == name) => chosen.push(name.to_owned()),
            other => return Err(format!("there is no target `{other}`; there are {}", all.join(", "))),
        }
    }
    let queue = Mutex::new(if chosen.is_empty() { all } else { chosen }.into_iter());
    build()?;
    println!("{:<20} {:>12} {:>8} {:>8} {:>8}  found", "target", "executions", "per s", "covered", "MiB");
    let failed = thread::scope(|scope| {
        let worker = || {
            let mut failed = Vec::new();
            let next = || queue.lock().ok().and_then(|mut queue| queue.next());
            while let Some(name) = next() {
                match fuzz_one(&name, &limits) {
                    Ok(line) => println!("{line}"),
                    Err(error) => failed.push(error),
                }
            }
            failed
        };
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        let ended = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| vec!["a worker failed".into()]));
        ended.flatten().collect::<Vec<_>>()
    });
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The targets by their names.
fn targets() -> Result<Vec<String>, String> {
    let folder = fuzz_folder().join("fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.filter_map(|entry| stem(entry.ok()?.path())).collect();
    names.sort();
    Ok(names)
}

fn fuzz_folder() -> PathBuf {
    root().join("fuzz")
}

/// Where everything goes that fuzzing makes. Nothing is written among the committed seeds.
fn made() -> PathBuf {
    root().join(target()).join("fuzz")
}

fn build() -> Result<(), String> {
    let program = tools::cargo_program("cargo-fuzz", CARGO_FUZZ)?;
    let made = made().display().to_string();
    let mut build = command(&program, &["fuzz", "build", "--sanitizer", "address", "--target-dir", &made]);
    // The sanitizer is an unstable option of the compiler; this lets the stable one take it.
    build.env("RUSTC_BOOTSTRAP", "1").env_remove("CARGO_TARGET_DIR");
    run(build)
}

/// One target within these limits: its line of figures, or what it found.
fn fuzz_one(name: &str, limits: &[String]) -> Result<String, String> {
    let (corpus, artifacts) = (made().join("corpus").join(name), made().join("artifacts").join(name));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let program = made().join("x86_64-unknown-linux-gnu").join("release").join(name);
    let log = made().join(format!("{name}.log"));
    let log_file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut fuzzer =
        command(&program.display().to_string(), &["-print_final_stats=1", "-timeout=60", "-rss_limit_mb=1024"]);
    fuzzer
        .args(limits)
        .arg(format!("-dict={}", fuzz_folder().join("dictionaries").join(format!("{name}.dict")).display()))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // New inputs go into the first folder; the seeds are only read.
        .arg(&corpus)
        .arg(fuzz_folder().join("seeds").join(name))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log_file);
    let status = fuzzer.status().map_err(|error| format!("{}: {error}", program.display()))?;
    let said = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let said = String::from_utf8_lossy(&said);
    if !status.success() {
        let (what, log) = (what_happened(&said), log.display());
        return Err(format!("{name}: {status}\n{what}\nthe input is in {}, the rest in {log}", artifacts.display()));
    }
    let figure = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map_or("?", str::trim);
    Ok(format!(
        "{name:<20} {:>12} {:>8} {:>8} {:>8}  {}",
        figure("stat::number_of_executed_units:"),
        figure("stat::average_exec_per_sec:"),
        covered(&said),
        figure("stat::peak_rss_mb:"),
        inputs(&corpus)
    ))
}

/// The edges of the program that were passed, from libFuzzer's last line of progress.
fn covered(said: &str) -> &str {
    let after = said.rsplit_once(" cov: ").map_or("?", |(_, after)| after);
    after.split_ascii_whitespace().next().unwrap_or("?")
}

/// How many inputs reach something that no other does.
fn inputs(corpus: &Path) -> String {
    fs::read_dir(corpus).map_or_else(|_| "?".into(), |entries| entries.count().to_string())
}

/// The first lines of the first panic or report, behind which a long stack follows.
fn what_happened(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let is_first = |line: &&str| line.contains("panicked at") || line.contains("ERROR: ");
    let first = lines.iter().position(is_first).unwrap_or(lines.len().saturating_sub(5));
    lines.iter().skip(first).take(5).copied().collect::<Vec<_>>().join("\n")
}
