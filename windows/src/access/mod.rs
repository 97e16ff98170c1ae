//! Access lists: files and folders for their owner alone, and who else can reach a file.
//!
//! A new file with a secret can be reached by the user of this process, by SYSTEM and by the group Administrators. The latter
//! two could take any file for themselves, as `root` can on Unix, and a service runs as SYSTEM. When the system gives new
//! objects of this process to Administrators, as it does in an elevated process, that group is the owner in the place of the
//! user. Nothing is inherited.
//!
//! The binary forms are those of [MS-DTYP], sections 2.4.2 (SID) to 2.4.6 (`SECURITY_DESCRIPTOR`).

#[cfg(windows)]
mod create;
mod descriptor;
#[cfg(windows)]
mod found;
mod judgement;
mod sid;
#[cfg(windows)]
mod system;

#[cfg(windows)]
pub use create::{Right, create_file, create_folder, share_with};
#[cfg(windows)]
pub use found::Access;
pub use sid::Sid;
