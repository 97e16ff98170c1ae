//! Archives that are the same whenever they are made.

use crate::run::{command, run};
use std::path::Path;

/// The committed tree.
pub(super) fn source(folder: &Path) -> Result<(), String> {
    let name = format!("defender-auth-{}", env!("CARGO_PKG_VERSION"));
    let file = folder.join(format!("{name}.tar.gz"));
    let mut archive = command("git", &["archive", "--format=tar.gz", &format!("--prefix={name}/")]);
    archive.arg("--output").arg(file).arg("HEAD");
    run(archive)
}

/// A folder, without times and users.
pub(super) fn pack(folder: &Path, file: &Path) -> Result<(), String> {
    let mut tar =
        command("tar", &["--create", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"]);
    // The name and the time of the file stay out of the compressed one.
    tar.args(["--use-compress-program", "gzip -9n", "--file"]).arg(file).arg("--directory").arg(folder).arg(".");
    run(tar)
}
