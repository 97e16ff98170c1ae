use crate::base::one_line::OneLine;
use alloc::string::String;
use core::fmt;
use std::fs::Metadata;

/// Who else can reach a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exposure {
    /// Other users may read it.
    ReadableByOthers,
    /// Other users may change it.
    WritableByOthers,
    /// It belongs to another user, who is not root.
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
            Exposure::ReadableByOthers => {
                "other users may read it; run `chmod 600` on it, and rotate the keys that it holds"
            }
            Exposure::WritableByOthers => "other users may change it; run `chmod 600` on it",
            Exposure::OtherOwner => "it belongs to another user; make this agent's user its owner",
        };
        write!(f, "{}: {what}", OneLine(&self.path))
    }
}

impl Warning {
    /// What the system says about a file. Without a secret in it, it may be read by all.
    pub(super) fn of(path: &str, metadata: &Metadata, is_secret: bool) -> Option<Self> {
        let exposure = exposure(metadata)?;
        let counts = is_secret || exposure != Exposure::ReadableByOthers;
        counts.then(|| Self { path: path.into(), exposure })
    }
}

#[cfg(unix)]
fn exposure(metadata: &Metadata) -> Option<Exposure> {
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

/// Other systems have no such permission bits.
#[cfg(not(unix))]
const fn exposure(_: &Metadata) -> Option<Exposure> {
    None
}
