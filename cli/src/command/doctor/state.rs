//! Whether an agent can save what it has to, as far as that is known without writing.

use super::step::Found;
use crate::terminal::{failure::Failure, shell::quoted};
use std::path::Path;

/// What has to fit: the two files of a state, old and new beside each other, in bytes.
const ROOM: u64 = 1024 * 1024;

/// Examines the folder of an agent's state. One that does not exist is made by the agent.
pub(super) fn examine(folder: &Path) -> Found {
    let exists = folder.exists();
    if exists && !folder.is_dir() {
        return failed("it is no folder; name the agent's folder of state".into());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = if exists { folder } else { parent };
    let name = quoted(&place.display().to_string());
    if !place.is_dir() {
        return failed(format!("it does not exist, and neither does {}; make that", place.display()))
            .next(if cfg!(windows) { format!("mkdir {name}") } else { format!("mkdir -p {name}") });
    }
    match by_system::free(place, &name, exists) {
        Err(found) => *found,
        Ok(free) => {
            let new = if exists { "" } else { "it does not exist yet and can be made, and " };
            Found::ok(format!("{new}it can be written to; {} MiB are free", free / (1024 * 1024)))
        }
    }
}

fn failed(what: String) -> Found {
    Found::of(&Failure::Write(what))
}

fn full(free: u64) -> Found {
    failed(format!("the disk is full: {free} bytes are free, and up to {ROOM} are needed; make room"))
}

#[cfg(unix)]
mod by_system {
    use super::{Found, Path, ROOM, failed, full};
    use rustix::{
        fs::{Access, AtFlags, CWD, StatVfsMountFlags, accessat, statvfs},
        process::{Resource, geteuid, getrlimit},
    };

    /// The number of files that have to fit.
    const FILES: u64 = 4;

    /// How many bytes can be written in a folder, or why none can.
    pub(super) fn free(place: &Path, name: &str, _: bool) -> Result<u64, Box<Found>> {
        let uid = geteuid().as_raw();
        let (limit, room) = (getrlimit(Resource::Fsize).current, statvfs(place));
        let room = room.map_err(|error| {
            failed(format!("its file system cannot be examined: {error}")).next(format!("df {name}"))
        })?;
        if room.f_flag.contains(StatVfsMountFlags::RDONLY) {
            let what = format!("{}: the file system is mounted read-only; mount it for writing", place.display());
            return Err(failed(what).next(format!("findmnt -T {name}")).into());
        }
        if accessat(CWD, place, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS).is_err() {
            let what = format!("this user (uid {uid}) may not write to {}; change its owner or mode", place.display());
            return Err(failed(what).next(format!("ls -ld {name}")).into());
        }
        if let Some(limit) = limit.filter(|limit| *limit < ROOM) {
            let what = format!(
                "this process may write files of {limit} bytes only, and up to {ROOM} are needed; raise the limit"
            );
            return Err(failed(what).next("ulimit -f unlimited").into());
        }
        // What is reserved for root is not for others.
        let blocks = if uid == 0 { room.f_bfree } else { room.f_bavail };
        let free = blocks.saturating_mul(room.f_frsize.max(1));
        if free < ROOM {
            return Err(full(free).next(format!("df -h {name}")).into());
        }
        let inodes = if uid == 0 { room.f_ffree } else { room.f_favail };
        // File systems without a fixed number of files say 0 of 0.
        if room.f_files > 0 && inodes < FILES {
            let what = format!("the disk has no room for further files: {inodes} can be made, and {FILES} are needed");
            return Err(failed(what).next(format!("df -i {name}")).into());
        }
        Ok(free)
    }
}

#[cfg(windows)]
mod by_system {
    use super::{Found, Path, ROOM, failed, full};
    use defender_auth_windows::volume::free_bytes;
    use std::{fs::OpenOptions, io::ErrorKind, os::windows::fs::OpenOptionsExt as _};

    const FILE_ADD_FILE: u32 = 0x0002;
    const FILE_ADD_SUBDIRECTORY: u32 = 0x0004;
    /// So that a folder can be opened.
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

    /// How many bytes can be written in a folder, or why none can. `exists` is whether files are made in it, or a folder.
    pub(super) fn free(place: &Path, name: &str, exists: bool) -> Result<u64, Box<Found>> {
        // The system decides by its access list when it is opened for that, and nothing is made.
        let right = if exists { FILE_ADD_FILE } else { FILE_ADD_SUBDIRECTORY };
        let opened = OpenOptions::new().access_mode(right).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(place);
        if let Err(error) = opened {
            let what = match error.kind() {
                ErrorKind::ReadOnlyFilesystem => "the disk is write-protected; remove that".into(),
                ErrorKind::PermissionDenied => {
                    format!("this user may not write to {}; change its owner or access list", place.display())
                }
                _ => format!("it cannot be examined: {error}"),
            };
            return Err(failed(what).next(format!("icacls {name}")).into());
        }
        let free = free_bytes(place).map_err(|error| failed(format!("its disk cannot be examined: {error}")))?;
        if free < ROOM { Err(full(free).into()) } else { Ok(free) }
    }
}

#[cfg(not(any(unix, windows)))]
mod by_system {
    use super::{Found, Path};

    pub(super) fn free(_: &Path, _: &str, _: bool) -> Result<u64, Box<Found>> {
        Err(Found::skipped("it is examined on Unix and Windows only").into())
    }
}
