//! Dumps of the memory are switched off: a crash must not write a key to the disk.

/// Switches core dumps off for this process.
#[cfg(unix)]
pub(crate) fn switch_off() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// A limit of one byte prevents every core dump. The limit 0 does not: Linux applies it to files only, and still pipes
    /// the dump to a program such as `systemd-coredump`. With 1 it does neither (`torvalds/linux:fs/coredump.c`).
    const NONE: u64 = 1;

    let most = getrlimit(Resource::Core).maximum.map_or(NONE, |most| most.min(NONE));
    // Lowering a limit is always permitted.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(most), maximum: Some(most) });
}

/// Windows writes reports of crashes.
#[cfg(windows)]
pub(crate) fn switch_off() {
    defender_auth_windows::crash::write_no_dumps();
}
