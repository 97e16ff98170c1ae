//! A folder for one input.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A folder in memory where there is one, removed with it.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        let name = format!("defender-auth-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = parent.join(name);
        // What a killed process of the same number left behind.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Writes a file; whether others may read it is for the input to say.
    pub(super) fn write(&self, name: &str, contents: &[u8], is_open: bool) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, contents).expect("a file");
        #[cfg(unix)]
        {
            let mode = if is_open { 0o644 } else { 0o600 };
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            fs::set_permissions(&path, permissions).expect("its permissions");
        }
        #[cfg(not(unix))]
        let _ = is_open;
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
