//! Whose a file is, and who else may change it. Who may read it is a matter of its content.

use crate::terminal::shell::quoted;
use std::{fs::Metadata, path::Path};

fn shown(path: &Path) -> String {
    quoted(&path.display().to_string())
}

#[cfg(windows)]
pub(super) use by_list::{doubt, facts, listing, rights_of, user};
#[cfg(not(windows))]
pub(super) use by_mode::{doubt, facts, listing, rights_of, user};

#[cfg(not(windows))]
mod by_mode {
    use super::{Metadata, Path, shown};

    /// Who runs this.
    #[cfg(unix)]
    pub(in super::super) fn user() -> String {
        format!(" (uid {})", rustix::process::geteuid().as_raw())
    }

    #[cfg(not(unix))]
    pub(in super::super) const fn user() -> String {
        String::new()
    }

    #[cfg(unix)]
    pub(in super::super) fn facts(_: &Path, metadata: &Metadata) -> String {
        use std::os::unix::fs::MetadataExt as _;
        let (uid, gid, mode) = (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777);
        format!("uid {uid}, gid {gid}, mode {mode:04o}, {} bytes", metadata.len())
    }

    #[cfg(not(unix))]
    pub(in super::super) fn facts(_: &Path, metadata: &Metadata) -> String {
        format!("{} bytes", metadata.len())
    }

    /// What is doubtful, and a command for it.
    #[cfg(unix)]
    pub(in super::super) fn doubt(file: &Path, metadata: &Metadata) -> Option<(String, String)> {
        use std::os::unix::fs::MetadataExt as _;
        let own = rustix::process::geteuid().as_raw();
        if metadata.mode() & 0o002 != 0 {
            let what = format!("{}: every user of this system can change it", file.display());
            return Some((what, format!("chmod o-w {}", shown(file))));
        }
        if metadata.uid() != own && metadata.uid() != 0 {
            let what = format!(
                "{}: it belongs to uid {}, who can change it, and this is uid {own}",
                file.display(),
                metadata.uid()
            );
            return Some((what, format!("ls -l {}", shown(file))));
        }
        None
    }

    #[cfg(not(unix))]
    pub(in super::super) const fn doubt(_: &Path, _: &Metadata) -> Option<(String, String)> {
        None
    }

    /// A command that shows what is in a folder.
    pub(in super::super) fn listing(folder: &Path) -> String {
        format!("ls -l {}", shown(folder))
    }

    /// A command that shows who may do what with a file.
    pub(in super::super) fn rights_of(folder: &Path, file: &Path) -> String {
        format!("ls -ld {} {}", shown(folder), shown(file))
    }
}

#[cfg(windows)]
mod by_list {
    use super::{Metadata, Path, shown};
    use defender_auth_windows::access::{Access, Sid};

    fn name(sid: &Sid) -> String {
        sid.name().unwrap_or_else(|| sid.to_string())
    }

    fn names(sids: &[Sid]) -> String {
        sids.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    pub(in super::super) fn user() -> String {
        Sid::of_this_user().map(|user| format!(" ({})", name(&user))).unwrap_or_default()
    }

    pub(in super::super) fn facts(file: &Path, metadata: &Metadata) -> String {
        let bytes = format!("{} bytes", metadata.len());
        let Ok(access) = Access::of_target(file) else { return format!("unknown access list, {bytes}") };
        let owner = access.owner.map_or_else(|| "no owner".into(), |owner| format!("owner {}", name(&owner)));
        match access.readers.as_slice() {
            [] => format!("{owner}, not readable by others, {bytes}"),
            others => format!("{owner}, readable by {}, {bytes}", names(others)),
        }
    }

    pub(in super::super) fn doubt(file: &Path, _: &Metadata) -> Option<(String, String)> {
        let access = Access::of_target(file).ok()?;
        let shown = shown(file);
        if !access.writers.is_empty() {
            let is_everyone = access.writers.iter().any(Sid::is_every_user);
            let who = if is_everyone { "every user of this system".into() } else { names(&access.writers) };
            let user = Sid::of_this_user().ok()?;
            let cure = format!("icacls {shown} /inheritance:r /grant:r *{user}:F *S-1-5-18:F");
            return Some((format!("{}: {who} can change it", file.display()), cure));
        }
        let owner = name(&access.foreign_owner?);
        let what = format!("{}: it belongs to {owner}, who can change it, and is another user", file.display());
        Some((what, format!("icacls {shown}")))
    }

    pub(in super::super) fn listing(folder: &Path) -> String {
        format!("dir {}", shown(folder))
    }

    pub(in super::super) fn rights_of(folder: &Path, file: &Path) -> String {
        format!("icacls {}", shown(if file.exists() { file } else { folder }))
    }
}
