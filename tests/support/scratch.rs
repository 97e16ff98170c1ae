//! Folders of the tests.
#![allow(dead_code, reason = "no test file needs all of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A folder of a test's own, removed with it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{number}", env!("CARGO_CRATE_NAME"), process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // What a killed run of the same number left behind.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// The folder itself, as arguments and errors have it.
    pub(crate) fn folder(&self) -> String {
        self.0.to_str().unwrap().into()
    }

    /// A place in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().into()
    }

    /// Writes a file that its owner alone can read, as it should be with a secret in it.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        #[cfg(windows)]
        {
            let _ = fs::remove_file(&path);
            drop(defender_auth_windows::access::create_file(Path::new(&path)).unwrap());
        }
        fs::write(&path, contents).unwrap();
        #[cfg(unix)]
        set_mode(&path, 0o600);
        path
    }

    /// Lets every user of the system read a file.
    #[cfg(unix)]
    pub(crate) fn share(&self, name: &str) {
        set_mode(&self.path(name), 0o644);
    }

    #[cfg(windows)]
    pub(crate) fn share(&self, name: &str) {
        use defender_auth_windows::access::{Right, Sid, share_with};
        use std::os::windows::fs::OpenOptionsExt as _;
        const WRITE_DAC: u32 = 0x0004_0000;
        let file = fs::OpenOptions::new().access_mode(WRITE_DAC).open(self.path(name)).unwrap();
        share_with(&file, &Sid::everyone(), Right::Read).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
fn set_mode(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
