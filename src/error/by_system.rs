//! What a text says differently on each system: programs, paths and limits.

use core::fmt;

/// The words for each system. As text, those for the system that the library is built for.
pub(crate) struct BySystem {
    unix: &'static str,
    windows: &'static str,
}

impl BySystem {
    pub(crate) const fn new(unix: &'static str, windows: &'static str) -> Self {
        Self { unix, windows }
    }

    pub(crate) const fn here(&self) -> &'static str {
        if cfg!(windows) { self.windows } else { self.unix }
    }
}

impl fmt::Display for BySystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.here())
    }
}

/// How more files can be opened. Windows has no limit that a user can raise.
pub(crate) const MORE_FILES: BySystem =
    BySystem::new("close some, or raise the limit (ulimit -n)", "close some, or start the program again");
