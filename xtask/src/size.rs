//! How large the C library is, in every variant, beside what was recorded last. It may grow by three percent before that is an
//! error.

mod recorded;

use crate::{
    dist::{self, Standard},
    rtos,
    run::{command, root, run, target},
};
pub(crate) use recorded::Recorded;
use std::path::Path;

/// The variants of the shared library.
const VARIANTS: [&str; 4] = ["sas", "tpm", "flows", "full"];

/// What a program for bare metal does at the levels of `xtask/tests/dist/bare.c`, and the features that it needs.
const LEVELS: [(&str, &str); 3] = [("token", "sas"), ("connection string", "sas"), ("device mode", "device-mode")];

/// Measures all of it, shows it, and fails when something has grown; with `--update` it is recorded instead.
pub(crate) fn size(options: &[String]) -> Result<(), String> {
    let is_update = match options {
        [] => false,
        [option] if option == "--update" => true,
        _ => return Err(format!("{options:?}: `--update` is the only option")),
    };
    let mut found = Vec::new();
    for standard in [Standard::Given, Standard::Small] {
        for variant in VARIANTS {
            match dist::shared(standard, variant) {
                Ok(bytes) => found.push((format!("{} {variant}", standard.name()), bytes)),
                Err(error) if standard == Standard::Small => {
                    println!("not measured: {error}");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    if found.iter().any(|(name, _)| name.starts_with(Standard::Small.name())) {
        defect_is_caught()?;
    }
    found.extend(host()?);
    for standard in [Standard::Absent, Standard::AbsentSmall] {
        match rtos::measured(standard) {
            Ok((_, programs)) => {
                let named = |program| rtos::name(standard, program);
                found.extend(programs.into_iter().map(|(program, added, _)| (named(program), added as u64)));
            }
            Err(error) => println!("not measured: {error}"),
        }
    }
    let recorded = Recorded::read()?;
    println!("{}", recorded.table(&found));
    if is_update { recorded.updated(&found).write() } else { recorded.check(&found) }
}

/// Whether a panic is still a result in the library whose standard library is built with it: with a defect in every call.
fn defect_is_caught() -> Result<(), String> {
    let prefix = root().join(target()).join("size/defect");
    let xtask = std::env::current_exe().map_err(|error| format!("xtask: {error}"))?;
    let mut dist = command(&xtask.display().to_string(), &["dist", "--small", "--features", "sas", "--prefix"]);
    dist.arg(&prefix).env("RUSTFLAGS", "--cfg defenderauth_defect").env_remove("DESTDIR");
    run(dist)?;
    let program = prefix.join("agent");
    let mut compile = command("cc", &["xtask/tests/dist/agent.c", "-ldefenderauth", "-o"]);
    compile.arg(&program).arg(format!("-I{}", prefix.join("include").display()));
    let lib = prefix.join("lib").display().to_string();
    compile.args([format!("-L{lib}"), format!("-Wl,-rpath,{lib}")]);
    run(compile)?;
    let ended = command(&program.display().to_string(), &[]).output().map_err(|error| format!("agent: {error}"))?;
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.code() == Some(1) && said.contains("\nDEFENDERAUTH_PANIC: ") {
        Ok(())
    } else {
        Err(format!("a panic is no result with --small: {}\n{said}", ended.status))
    }
}

/// What a program of this system grows by with the library for bare metal.
fn host() -> Result<Vec<(String, u64)>, String> {
    let folder = root().join(target()).join("size");
    let mut found = Vec::new();
    for (level, (does, features)) in (1..).zip(LEVELS) {
        let prefix = folder.join(features);
        dist::bare(&prefix, None, features, Standard::Absent)?;
        let [empty, with] = [0, level].map(|level| linked(&prefix, level));
        found.push((format!("bare {does}"), with?.saturating_sub(empty?)));
    }
    Ok(found)
}

fn linked(prefix: &Path, level: usize) -> Result<u64, String> {
    let program = prefix.join(format!("level-{level}"));
    let mut compile = command("cc", &["-Os", "-s", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]);
    compile.arg(format!("-DLEVEL={level}")).arg(format!("-I{}", prefix.join("include").display()));
    compile.arg("xtask/tests/dist/bare.c").arg(prefix.join("lib/libdefenderauth.a")).arg("-o").arg(&program);
    run(compile)?;
    // What is loaded: the file of a program has gaps between its parts.
    let said = command("size", &[]).arg(&program).output().map_err(|error| format!("size: {error}"))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let numbers =
        said.lines().nth(1).map(|line| line.split_whitespace().take(2).map_while(|it| it.parse::<u64>().ok()).sum());
    numbers.ok_or_else(|| format!("{}: `size` says {said}", program.display()))
}
