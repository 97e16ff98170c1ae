use crate::{adapters::file_read::ACCESS_CURE, base::one_line::OneLine, error::by_system::BySystem};
use alloc::{format, string::String};
use core::fmt;
use std::fs::{File, Metadata};

const CURE: BySystem = BySystem::new("run `chmod 600` on it", ACCESS_CURE);

/// Who else can reach a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exposure {
    /// Other users may read it.
    ReadableByOthers,
    /// Other users may change it.
    WritableByOthers,
    /// It belongs to another user, who is not root; on Windows, not SYSTEM or Administrators.
    OtherOwner,
}

/// Other users can reach a file that was read. Its `Display` is one line, with the cure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The file.
    pub path: String,
    /// How.
    pub exposure: Exposure,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.exposure {
            Exposure::ReadableByOthers => format!("other users may read it; {CURE}, and rotate the keys that it holds"),
            Exposure::WritableByOthers => format!("other users may change it; {CURE}"),
            Exposure::OtherOwner => "it belongs to another user; make this agent's user its owner".into(),
        };
        write!(f, "{}: {what}", OneLine(&self.path))
    }
}

impl Warning {
    /// For a file that others can reach. Without a secret in it, it may be read by all.
    pub(super) fn of(path: &str, exposure: Option<Exposure>, is_secret: bool) -> Option<Self> {
        let exposure = exposure?;
        let counts = is_secret || exposure != Exposure::ReadableByOthers;
        counts.then(|| Self { path: path.into(), exposure })
    }
}

/// What the permission bits of an open file say.
#[cfg(unix)]
pub(super) fn exposure(_: &File, metadata: &Metadata) -> Option<Exposure> {
    use std::os::unix::fs::MetadataExt as _;
    const ROOT: u32 = 0;
    let owner = metadata.uid();
    if owner != ROOT && owner != rustix::process::geteuid().as_raw() {
        return Some(Exposure::OtherOwner);
    }
    match metadata.mode() {
        mode if mode & 0o022 != 0 => Some(Exposure::WritableByOthers),
        mode if mode & 0o044 != 0 => Some(Exposure::ReadableByOthers),
        _ => None,
    }
}

/// What the access list of an open file says. One that cannot be read is not judged.
#[cfg(windows)]
pub(super) fn exposure(file: &File, _: &Metadata) -> Option<Exposure> {
    let access = defender_auth_windows::access::Access::of(file).ok()?;
    match (access.foreign_owner, access.writers.as_slice(), access.readers.as_slice()) {
        (Some(_), ..) => Some(Exposure::OtherOwner),
        (None, [_, ..], _) => Some(Exposure::WritableByOthers),
        (None, [], [_, ..]) => Some(Exposure::ReadableByOthers),
        (None, [], []) => None,
    }
}

/// Nothing is known of the rights of other systems.
#[cfg(not(any(unix, windows)))]
pub(super) const fn exposure(_: &File, _: &Metadata) -> Option<Exposure> {
    None
}
