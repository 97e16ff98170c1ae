//! Writing to the disk before the end: a long file that is only synchronized when it is complete leaves the disk idle until
//! then.

use std::fs::File;

/// How much is written before the system is asked to begin with it: little beside a long file, and much more than the files of
/// a state, which are written at once.
#[cfg(target_os = "linux")]
const STRETCH: u64 = 8 * 1024 * 1024;

/// What of a file is on its way to the disk.
#[derive(Debug, Default)]
pub(super) struct Early {
    #[cfg(target_os = "linux")]
    begun: u64,
    #[cfg(target_os = "linux")]
    written: u64,
}

impl Early {
    /// So much was written at the end.
    #[cfg(target_os = "linux")]
    pub(super) fn wrote(&mut self, file: &File, bytes: usize) {
        use core::num::NonZeroU64;
        use rustix::fs::{Advice, fadvise};
        self.written += bytes as u64;
        let stretch = self.written - self.begun;
        if stretch >= STRETCH {
            // What will not be read again is written now, and nothing waits for it. It is advice: a failure changes nothing.
            let _ = fadvise(file, self.begun, NonZeroU64::new(stretch), Advice::DontNeed);
            self.begun = self.written;
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "other systems have no such advice")]
    pub(super) const fn wrote(&mut self, _: &File, _: usize) {}
}
