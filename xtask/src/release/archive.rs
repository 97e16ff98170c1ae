//! Archives that are the same whenever they are made.

use crate::run::{command, run};
use std::path::Path;

/// The folder in the archive of the source, and the archive.
const NAME: &str = concat!("defender-auth-", env!("CARGO_PKG_VERSION"));
pub(crate) const SOURCE: &str = concat!("defender-auth-", env!("CARGO_PKG_VERSION"), ".tar.gz");

/// The committed tree.
pub(super) fn source(folder: &Path) -> Result<(), String> {
    let mut archive = command("git", &["archive", "--format=tar.gz", &format!("--prefix={NAME}/")]);
    archive.arg("--output").arg(folder.join(SOURCE)).arg("HEAD");
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
