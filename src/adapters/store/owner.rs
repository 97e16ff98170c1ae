//! The owner of a new file that replaces another.

use std::{fs::File, io, path::Path};

#[cfg(any(unix, windows))]
const FOREIGN: &str = "it belongs to another user, in a folder that others may write to; remove it, or name a file in a folder of your own";

/// Gives a new file to the owner of the old one, who has to read it.
///
/// The owner is the one of the entry itself: no link is followed, because its target may belong to anybody. A foreign
/// owner is accepted only if nobody else can have put the entry there: otherwise that user would get the secret.
#[cfg(unix)]
pub(super) fn keep(new: &File, path: &Path, _: u32) -> io::Result<()> {
    use super::leftover::folder;
    use std::{
        fs,
        os::unix::fs::{MetadataExt as _, fchown},
    };
    /// Write permission of the group and of all others.
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    const ROOT: u32 = 0;
    let Ok(old) = fs::symlink_metadata(path) else { return Ok(()) };
    let created = new.metadata()?;
    if old.uid() != created.uid() {
        let folder = fs::metadata(folder(path))?;
        let may_write = [created.uid(), ROOT, old.uid()];
        if folder.mode() & WRITABLE_BY_OTHERS != 0 || !may_write.contains(&folder.uid()) {
            return Err(io::Error::other(FOREIGN));
        }
        let foreign = |_| io::Error::other("it belongs to another user, to whom this user cannot give a file");
        return fchown(new, Some(old.uid()), Some(old.gid())).map_err(foreign);
    }
    if old.gid() != created.gid() {
        // A mode of 0600 gives the group nothing, so that a failure does no harm.
        let _ = fchown(new, None, Some(old.gid()));
    }
    Ok(())
}

/// Lets the owner of the old file read and change the new one, under the same condition as on Unix. The new one belongs to
/// this user nevertheless: Windows lets nobody give a file away.
#[cfg(windows)]
pub(super) fn keep(new: &File, path: &Path, mode: u32) -> io::Result<()> {
    use super::{creation::is_private, leftover::folder};
    use defender_auth_windows::access::{Access, Right, share_with};
    if !is_private(mode) {
        // It inherits the list of its folder, as the old one did.
        return Ok(());
    }
    let old = match Access::of_entry(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(io::Error::other(FOREIGN)),
        Err(_) => return Ok(()),
        Ok(old) => old,
    };
    let Some(owner) = old.foreign_owner else { return Ok(()) };
    let folder = Access::of_target(folder(path))?;
    if folder.foreign_owner.iter().chain(&folder.writers).any(|other| *other != owner) {
        return Err(io::Error::other(FOREIGN));
    }
    share_with(new, &owner, Right::Full)
}

#[cfg(not(any(unix, windows)))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
pub(super) const fn keep(_: &File, _: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
