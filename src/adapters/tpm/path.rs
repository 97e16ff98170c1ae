use super::system_error::opening;
use crate::error::{AccessProblem, FileKind};
use alloc::string::String;
use std::{
    fs::{self, File, Metadata, OpenOptions},
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _},
        net::UnixStream,
    },
    path::Path,
};

/// Opens the device of a TPM. Another file is not opened: to open a watchdog, for example, starts it, and the machine
/// restarts soon after.
pub(super) fn open_device(path: &str) -> Result<File, AccessProblem> {
    let named = fs::metadata(path).map_err(|error| opening(&error))?;
    if !is_tpm(path, &named) {
        return Err(AccessProblem::NotADevice(kind(&named)));
    }
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(|error| opening(&error))?;
    let opened = file.metadata().map_err(|error| opening(&error))?;
    // The path may name another file since.
    if (named.dev(), named.ino(), named.rdev()) != (opened.dev(), opened.ino(), opened.rdev()) {
        return Err(AccessProblem::NotADevice(kind(&opened)));
    }
    Ok(file)
}

/// Connects to the socket of swtpm.
pub(super) fn open_socket(path: &str) -> Result<UnixStream, AccessProblem> {
    let named = fs::metadata(path).map_err(|error| opening(&error))?;
    if !named.file_type().is_socket() {
        return Err(AccessProblem::NotASocket(kind(&named)));
    }
    UnixStream::connect(path).map_err(|error| opening(&error))
}

fn is_tpm(path: &str, metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device() && {
        let class = class(metadata.rdev());
        let name = fs::canonicalize(path).ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        is_of_a_tpm(class.as_deref(), name.as_deref().unwrap_or_default())
    }
}

/// Whether a character device is that of a TPM, by the kernel's class for it. Without a class its name decides, and so it
/// does for a TPM in a process (`swtpm cuse`).
fn is_of_a_tpm(class: Option<&str>, name: &str) -> bool {
    match class {
        Some("tpm" | "tpmrm") => true,
        Some("cuse") | None => ["tpm", "vtpm"].iter().any(|start| name.starts_with(start)),
        Some(_) => false,
    }
}

/// The kernel's class for a character device, if sysfs is mounted.
fn class(device: u64) -> Option<String> {
    // The encoding of Linux.
    let (major, minor) = (device >> 8 & 0xfff | device >> 32 & !0xfff, device & 0xff | device >> 12 & 0xffff_ff00);
    let class = fs::read_link(Path::new("/sys/dev/char").join(alloc::format!("{major}:{minor}/subsystem"))).ok()?;
    Some(class.file_name()?.to_string_lossy().into_owned())
}

fn kind(metadata: &Metadata) -> FileKind {
    let found = metadata.file_type();
    match () {
        () if found.is_file() => FileKind::Regular,
        () if found.is_dir() => FileKind::Directory,
        () if found.is_char_device() => FileKind::CharacterDevice,
        () if found.is_block_device() => FileKind::BlockDevice,
        () if found.is_fifo() => FileKind::Fifo,
        () if found.is_socket() => FileKind::Socket,
        () => FileKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_class_decides_which_device_is_a_tpm() {
        for (class, name, expected) in [
            (Some("tpm"), "tpm0", true),
            (Some("tpmrm"), "tpmrm0", true),
            (Some("tpmrm"), "renamed", true),
            (Some("misc"), "tpm0", false),
            (Some("watchdog"), "tpmrm0", false),
            (Some("cuse"), "vtpm-7", true),
            (Some("cuse"), "card0", false),
            (None, "tpm0", true),
            (None, "watchdog", false),
            (None, "", false),
        ] {
            assert_eq!(is_of_a_tpm(class, name), expected, "{class:?} {name}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_class_of_a_device_is_read_from_sysfs() {
        let class = |path| class(fs::metadata(path).unwrap().rdev());
        assert_eq!(class("/dev/null").as_deref(), Some("mem"));
        assert_eq!(class("/dev/tty").as_deref(), Some("tty"));
    }
}
