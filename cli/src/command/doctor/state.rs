//! Whether an agent can save what it has to, as far as that is known without writing.

use super::step::Found;
use std::path::Path;

/// What has to fit: the two files of a state, old and new beside each other, in bytes.
#[cfg(unix)]
const ROOM: u64 = 1024 * 1024;

/// The number of files that have to fit.
#[cfg(unix)]
const FILES: u64 = 4;

/// Examines the folder of an agent's state. One that does not exist is made by the agent.
#[cfg(unix)]
pub(super) fn examine(folder: &Path) -> Found {
    use crate::terminal::{failure::Failure, shell::quoted};
    use rustix::{
        fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, statvfs},
        process::{Resource, geteuid, getrlimit},
    };
    let failed = |what: String| Found::of(&Failure::Write(what));
    let exists = folder.exists();
    if exists && !folder.is_dir() {
        return failed("it is no folder; name the agent's folder of state".into());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = if exists { folder } else { parent };
    let name = quoted(&place.display().to_string());
    if !place.is_dir() {
        return failed(format!("it does not exist, and neither does {}; make that", place.display()))
            .next(format!("mkdir -p {name}"));
    }
    let uid = geteuid().as_raw();
    let (limit, room) = (getrlimit(Resource::Fsize).current, statvfs(place));
    let room = match room {
        Ok(room) => room,
        Err(error) => return failed(format!("its file system cannot be examined: {error}")).next(format!("df {name}")),
    };
    if room.f_flag.contains(StatVfsMountFlags::RDONLY) {
        let what = format!("{}: the file system is mounted read-only; mount it for writing", place.display());
        return failed(what).next(format!("findmnt -T {name}"));
    }
    if accessat(CWD, place, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() {
        let what = format!("this user (uid {uid}) may not write to {}; change its owner or mode", place.display());
        return failed(what).next(format!("ls -ld {name}"));
    }
    if let Some(limit) = limit.filter(|limit| *limit < ROOM) {
        let what =
            format!("this process may write files of {limit} bytes only, and up to {ROOM} are needed; raise the limit");
        return failed(what).next("ulimit -f unlimited");
    }
    // What is reserved for root is not for others.
    let blocks = if uid == 0 { room.f_bfree } else { room.f_bavail };
    let free = blocks.saturating_mul(room.f_frsize.max(1));
    if free < ROOM {
        let what = format!("the disk is full: {free} bytes are free, and up to {ROOM} are needed; make room");
        return failed(what).next(format!("df -h {name}"));
    }
    let inodes = if uid == 0 { room.f_ffree } else { room.f_favail };
    // File systems without a fixed number of files say 0 of 0.
    if room.f_files > 0 && inodes < FILES {
        let what = format!("the disk has no room for further files: {inodes} can be made, and {FILES} are needed");
        return failed(what).next(format!("df -i {name}"));
    }
    let new = if exists { "" } else { "it does not exist yet and can be made, and " };
    Found::ok(format!("{new}it can be written to; {} MiB are free", free / (1024 * 1024)))
}

#[cfg(not(unix))]
pub(super) fn examine(_: &Path) -> Found {
    Found::skipped("it is examined on Unix only")
}
