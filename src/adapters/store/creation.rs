//! New files and folders, with their rights from the start: there is no moment at which others could open them.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Makes a file and opens it for writing.
#[cfg(not(windows))]
pub(super) fn file(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Makes a file and opens it for writing. That locks it: no other can open it for writing at the same time.
#[cfg(windows)]
pub(super) fn file(path: &Path, mode: u32) -> io::Result<File> {
    use super::lock::{SHARE_DELETE, SHARE_READ};
    use std::os::windows::fs::OpenOptionsExt as _;
    if is_private(mode) {
        return defender_auth_windows::access::create_file(path);
    }
    OpenOptions::new().write(true).create_new(true).share_mode(SHARE_READ | SHARE_DELETE).open(path)
}

/// Makes a folder for its owner alone.
#[cfg(unix)]
pub(super) fn folder(path: &Path) -> io::Result<()> {
    use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt as _};
    DirBuilder::new().mode(0o700).create(path)
}

#[cfg(windows)]
pub(super) use defender_auth_windows::access::create_folder as folder;

#[cfg(not(any(unix, windows)))]
pub(super) use std::fs::create_dir as folder;

/// Whether these permission bits are for the owner alone.
#[cfg(windows)]
pub(super) const fn is_private(mode: u32) -> bool {
    mode & !0o700 == 0
}
