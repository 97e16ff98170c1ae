//! Opening an entry of a folder: a link is not followed, and nothing waits for the other end of a pipe.

use std::{
    fs::{File, Metadata},
    io,
    path::Path,
};

/// Opens it for reading. A link is an error, or is no [regular](is_regular) file.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(open(path, flags, Mode::empty()).map(File::from)?)
}

#[cfg(windows)]
pub(super) fn open(path: &Path) -> io::Result<File> {
    use std::{fs::OpenOptions, os::windows::fs::OpenOptionsExt as _};
    /// So that a folder is opened as well, and can be told from a file that may not be read.
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let flags = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(any(unix, windows)))]
pub(super) fn open(path: &Path) -> io::Result<File> {
    if std::fs::symlink_metadata(path)?.is_file() { File::open(path) } else { Err(io::ErrorKind::IsADirectory.into()) }
}

/// Opens a link itself, or whatever else stands for something that is stored elsewhere.
#[cfg(windows)]
pub(super) const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// Whether what was opened is a file whose content is in the folder.
pub(super) fn is_regular(metadata: &Metadata) -> bool {
    #[cfg(windows)]
    {
        use std::os::windows::fs::MetadataExt as _;
        const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x0400;
        if metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
            return false;
        }
    }
    metadata.is_file()
}
