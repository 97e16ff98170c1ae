//! A command that crashes leaves no key on the disk.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A core dump of one byte is none. The limit 0 would not do: Linux heeds it for files only, and gives the dump to a
/// program such as `systemd-coredump` all the same. 1 is its mark for neither (`torvalds/linux:fs/coredump.c`).
const NONE: u64 = 1;

/// Switches core dumps off for this process.
pub(crate) fn switch_off() {
    let most = getrlimit(Resource::Core).maximum.map_or(NONE, |most| most.min(NONE));
    // It was allowed more, and may have less.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(most), maximum: Some(most) });
}
