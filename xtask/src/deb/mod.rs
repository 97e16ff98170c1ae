//! Debian packages, by debhelper from `packaging/debian`: the library, its development files, the command and the emulator.

mod clean_root;
mod stage;

use crate::{
    folder,
    run::{command, root, run, target},
    tools,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "-1");
const PACKAGES: [&str; 4] = ["libdefenderauth0", "libdefenderauth-dev", "defenderauth", "defenderauth-emulator"];

/// The one that names the report of a bug that asked Debian for the package: there is none before it is part of Debian.
const NOT_IN_DEBIAN: &str = "initial-upload-closes-no-bugs";

/// Makes the packages in `target/deb`. With `--install` they are installed, used and removed in a clean root.
pub(crate) fn deb(options: &[String]) -> Result<(), String> {
    let is_installed = match options {
        [] => false,
        [option] if option == "--install" => true,
        _ => return Err("usage: cargo xtask deb [--install]".into()),
    };
    provide()?;
    let folder = target().join("deb");
    let source = folder.join("source");
    folder::remove(&folder)?;
    let debian = source.join("debian");
    copy(&root().join("packaging/debian"), &debian)?;
    copy(&root().join("ffi/examples"), &source.join("examples"))?;
    copy(&root().join("packaging/agent.service"), &source.join("examples/agent.service"))?;
    let architecture = stage::stage(&source.join("staged"))?;
    changelog(&debian.join("changelog"))?;
    build(&source)?;

    let files: Vec<PathBuf> =
        PACKAGES.iter().map(|name| folder.join(format!("{name}_{VERSION}_{architecture}.deb"))).collect();
    let mut lintian = command("lintian", &["--fail-on", "error,warning", "--suppress-tags", NOT_IN_DEBIAN]);
    lintian.args(&files);
    run(lintian)?;
    for file in &files {
        let size = fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?.len();
        println!("{}: {size} bytes", file.display());
    }
    if is_installed { clean_root::check(&folder, &files) } else { Ok(()) }
}

/// What Debian makes and checks packages with.
fn provide() -> Result<(), String> {
    let programs =
        [("dh", "debhelper"), ("dpkg-buildpackage", "dpkg-dev"), ("lintian", "lintian"), ("mmdebstrap", "mmdebstrap")];
    let missing = programs.iter().filter(|(program, _)| !tools::works(program, &["--version"]));
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { tools::install(&missing) }
}

/// One entry: what changed stands in the project's own file.
fn changelog(path: &Path) -> Result<(), String> {
    let date = output("date", &["--utc", "--rfc-email", "--date", &format!("@{}", epoch()?)])?;
    let text = format!(
        "defender-auth ({VERSION}) unstable; urgency=medium\n\n  * Version {}.\n\n -- Packager <packager@example.org>  {date}\n",
        env!("CARGO_PKG_VERSION")
    );
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The time that files of a package have, so that it is the same whenever it is made: the caller's, or the commit's.
fn epoch() -> Result<String, String> {
    std::env::var("SOURCE_DATE_EPOCH").or_else(|_| output("git", &["log", "-1", "--format=%ct"]))
}

fn build(source: &Path) -> Result<(), String> {
    let mut build = command("dpkg-buildpackage", &["--build=binary", "--no-sign", "--no-check-builddeps"]);
    build.current_dir(source).env("SOURCE_DATE_EPOCH", epoch()?).env("DEB_BUILD_OPTIONS", "noautodbgsym nocheck");
    run(build)
}

/// What a program prints, without the line break at its end.
fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = command(program, arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// A file or a folder with everything in it.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    let mut copy = command("cp", &["--recursive"]);
    copy.args([from, to]);
    run(copy)
}
