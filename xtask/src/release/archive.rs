//! Archives that are the same whenever they are made.

use crate::{
    run::{command, run},
    tools,
};
use std::path::{Path, PathBuf};

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

/// A folder of this name below another, for Windows. Its files have the first time that such an archive can have.
pub(super) fn zip(parent: &Path, name: &str, file: &Path) -> Result<(), String> {
    if !tools::works("zip", &["--version"]) {
        tools::install(&["zip"])?;
    }
    let mut files = Vec::new();
    below(&parent.join(name), &mut files)?;
    files.sort();
    let mut date = command("touch", &["--date", "1980-01-01T00:00:00Z"]);
    run({
        date.args(&files);
        date
    })?;
    // No folders, and no times and users of Unix.
    let mut zip = command("zip", &["--quiet", "-X", "-D", "-9"]);
    zip.current_dir(parent).env("TZ", "UTC").arg(file);
    run({
        zip.args(files.iter().map(|file| file.strip_prefix(parent).unwrap_or(file)));
        zip
    })
}

/// Every file below a folder.
fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    for (name, _) in super::files(folder)? {
        let path = folder.join(name);
        if path.is_dir() { below(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    #[ignore = "needs zip"]
    fn two_archives_of_the_same_files_are_the_same() {
        let parent = std::env::temp_dir().join(format!("defender-auth-zip-{}", std::process::id()));
        let made = ["first", "second"].map(|place| {
            let folder = parent.join(place);
            fs::create_dir_all(folder.join("a/b")).unwrap();
            fs::write(folder.join("a/b/c"), "text").unwrap();
            fs::write(folder.join("a/d"), "another").unwrap();
            zip(&folder, "a", &folder.join("a.zip")).unwrap();
            fs::read(folder.join("a.zip")).unwrap()
        });
        fs::remove_dir_all(&parent).unwrap();
        assert!(made[0].starts_with(b"PK\x03\x04"));
        assert_eq!(made[0], made[1]);
    }
}
