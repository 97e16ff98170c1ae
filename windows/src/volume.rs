//! Volumes.

use crate::wide;
use std::{io, path::Path, ptr};
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;

/// How many bytes this user can still write to the volume of a folder.
///
/// # Errors
/// Those of the system.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let folder = wide::path(folder)?;
    let mut free = 0;
    #[expect(unsafe_code, reason = "the standard library does not know the room on a disk")]
    // SAFETY: the path ends with a zero; the other two places are not asked for.
    let known = unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut free, ptr::null_mut(), ptr::null_mut()) };
    if known == 0 { Err(io::Error::last_os_error()) } else { Ok(free) }
}
