//! The session and its tests in a workspace of their own. Nothing is built there that they do not use, so that a change is
//! built and judged in seconds.

use crate::{
    folder,
    run::{root, target},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What it is made of, beside the manifest.
const PARTS: [&str; 8] =
    [".cargo/mutants.toml", "CHANGELOG.md", "Cargo.lock", "README.md", "lanes", "signer", "src", "tests/session"];

/// The dependencies of the tests.
const TESTED_WITH: [&str; 2] = ["allocation-counter", "base64"];

/// Makes it anew, and returns where.
pub(super) fn session_alone() -> Result<PathBuf, String> {
    let folder = root().join(target()).join("session-alone");
    folder::remove(&folder)?;
    for part in PARTS {
        copy(&root().join(part), &folder.join(part))?;
    }
    let manifest = root().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    fs::write(folder.join("Cargo.toml"), manifest_alone(&text))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Without the other members of the workspace, and without the targets and dependencies that only other tests have.
fn manifest_alone(text: &str) -> String {
    let mut alone = String::new();
    for section in text.split("\n[") {
        let (name, lines) = section.split_once('\n').unwrap_or((section, ""));
        match name.trim_start_matches('[').trim_end_matches(']') {
            "workspace" => alone.push_str("[workspace]\n"),
            "example" | "bench" => {}
            "test" if !lines.contains("\"session\"") => {}
            "dev-dependencies" => {
                let kept = lines.lines().filter(|line| TESTED_WITH.iter().any(|name| line.starts_with(name)));
                alone.extend(["\n[dev-dependencies]"].into_iter().chain(kept).flat_map(|line| [line, "\n"]));
            }
            _ => alone.extend(["\n[", section, "\n"]),
        }
    }
    alone
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    if from.is_dir() {
        for entry in fs::read_dir(from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(failed)?;
    fs::copy(from, to).map(|_| ()).map_err(failed)
}
