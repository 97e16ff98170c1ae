use super::{
    descriptor::Descriptor,
    judgement::{READS, WRITES},
    sid::Sid,
    system,
};
use std::{
    fs::{File, OpenOptions},
    io,
    os::windows::fs::OpenOptionsExt as _,
    path::Path,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, READ_CONTROL};

/// Who can reach a file, beside the user of this process, the services as which it runs, SYSTEM and Administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// The owner. `None` where the file system has none.
    pub owner: Option<Sid>,
    /// The owner, if he is somebody else. He may change the list.
    pub foreign_owner: Option<Sid>,
    /// Who else may read it.
    pub readers: Vec<Sid>,
    /// Who else may change it, or for a folder what is in it.
    pub writers: Vec<Sid>,
}

impl Access {
    /// That of an open file.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of(file: &File) -> io::Result<Self> {
        let descriptor = Descriptor::parse(&system::descriptor(file)?).ok_or_else(system::unreadable)?;
        let own = system::own()?;
        Ok(Self {
            foreign_owner: descriptor.foreign_owner(&own).cloned(),
            readers: descriptor.others(READS, &own),
            writers: descriptor.others(WRITES, &own),
            owner: descriptor.owner,
        })
    }

    /// That of a file, a folder or a link, which is not followed.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of_entry(path: &Path) -> io::Result<Self> {
        Self::opened(path, FILE_FLAG_OPEN_REPARSE_POINT)
    }

    /// That of a file or a folder; a link is followed.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of_target(path: &Path) -> io::Result<Self> {
        Self::opened(path, 0)
    }

    fn opened(path: &Path, flags: u32) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.access_mode(READ_CONTROL).custom_flags(flags | FILE_FLAG_BACKUP_SEMANTICS);
        Self::of(&options.open(path)?)
    }
}
