//! A folder of files that is complete or does not exist: it gets its name when all of them are in it.
//!
//! A batch makes many. Each is safe from an interruption of the command; [`to_disk`] once at the end makes all of them
//! safe from a loss of power, which would cost several times the work if it were done for each file.

pub(crate) use defender_auth::store::draft::create_folders as make;
use defender_auth::store::draft::{self, create_folder};
use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// A file's name, its content and its permission bits.
pub(crate) type Content<'a> = (&'a Path, &'a [u8], u32);

/// Makes a folder in one that exists. What a killed process has left of it is removed.
///
/// Fails with `AlreadyExists` if there is anything of its name.
pub(crate) fn create(folder: &Path, files: &[Content<'_>]) -> io::Result<()> {
    if fs::symlink_metadata(folder).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let draft = draft_path(folder);
    match create_folder(&draft) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_dir_all(&draft)?;
            create_folder(&draft)?;
        }
        made => made?,
    }
    let written = files.iter().try_for_each(|(name, content, mode)| {
        let mut file = draft::create(&draft.join(name), *mode)?;
        file.write_all(content)?;
        // Elsewhere nothing writes all of a file system to the disk at once.
        if cfg!(target_os = "linux") { Ok(()) } else { file.sync_all() }
    });
    let named = written.and_then(|()| fs::rename(&draft, folder));
    if named.is_err() {
        let _ = fs::remove_dir_all(&draft);
    }
    named
}

/// Writes all that was made in a folder to the disk. Windows opens no folder for that: it writes the names itself, and each
/// file was written when it was made.
#[cfg(not(windows))]
pub(crate) fn to_disk(folder: &Path) -> io::Result<()> {
    let folder = fs::File::open(folder)?;
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(&folder)?;
    // A system on which folders cannot be synchronized does it itself.
    let _ = folder.sync_all();
    Ok(())
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
pub(crate) fn to_disk(_: &Path) -> io::Result<()> {
    Ok(())
}

/// No device has such a name.
fn draft_path(folder: &Path) -> PathBuf {
    let mut name = OsString::from(folder);
    name.push("~");
    name.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::{env, process};

    #[test]
    fn a_folder_appears_with_all_of_its_files_and_what_a_killed_process_left_is_removed() {
        let root = env::temp_dir().join(format!("defender-auth-folder-{}", process::id()));
        let folder = root.join("above/dev-1");
        make(folder.parent().unwrap()).unwrap();
        make(&draft_path(&folder)).unwrap();
        fs::write(draft_path(&folder).join("half"), "").unwrap();
        create(&folder, &[(Path::new("a"), b"1", 0o600), (Path::new("b"), b"2", 0o644)]).unwrap();
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(fs::read(folder.join("b")).unwrap(), b"2");
        assert!(!draft_path(&folder).exists());
        assert_eq!(create(&folder, &[]).unwrap_err().kind(), ErrorKind::AlreadyExists);
        let file = root.join("file");
        assert!(create(&root.join("other"), &[(Path::new("no/such"), b"", 0o600)]).is_err() && !file.exists());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "a folder that failed leaves nothing");
        to_disk(&root).unwrap();
        fs::remove_dir_all(root).unwrap();
    }
}
