//! The systems whose programs and paths texts name.

/// A system, as texts tell them apart: its shell, its paths and its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Linux and its like. The shell is that of POSIX.
    Unix,
    /// Windows. The shell is PowerShell.
    Windows,
}

impl Platform {
    /// The system that this program was built for.
    pub(crate) const THIS: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };

    /// The word for this system.
    pub(crate) const fn choose<'a>(self, unix: &'a str, windows: &'a str) -> &'a str {
        match self {
            Self::Unix => unix,
            Self::Windows => windows,
        }
    }
}

/// What a text for the other systems has and one for Windows must not have: programs, paths and notions.
#[cfg(test)]
pub(crate) const FOREIGN_ON_WINDOWS: [&str; 39] = [
    "/dev/",
    "/etc/",
    "/proc",
    "/run/",
    "/sys/",
    "/usr/",
    "/var/",
    "</dev",
    " grep",
    "env |",
    "ls -",
    "`ls ",
    "`id`",
    "&& id",
    "stat ",
    "namei",
    "findmnt",
    "df -",
    "nc -",
    "head -",
    "dmesg",
    "fuser",
    "getent",
    "chmod",
    "chown",
    "chgrp",
    "sudo",
    "systemctl",
    "systemd",
    "timedatectl",
    "ulimit",
    "usermod",
    "tpm2_",
    "group tss",
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
    "mode 0",
    "source <(",
];

/// What a text for the other systems must not have.
#[cfg(test)]
pub(crate) const FOREIGN_ON_UNIX: [&str; 9] =
    ["icacls", "certutil", "w32tm", "tpmtool", "curl.exe", "Get-", "Resolve-", "Test-Net", "%ProgramData%"];

/// The word in a text that names another system than this.
#[cfg(test)]
pub(crate) fn foreign(text: &str, platform: Platform) -> Option<&'static str> {
    let words: &[&str] = match platform {
        Platform::Unix => &FOREIGN_ON_UNIX,
        Platform::Windows => &FOREIGN_ON_WINDOWS,
    };
    words.iter().copied().find(|word| text.contains(word))
}
