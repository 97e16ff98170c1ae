//! A file that is replaced by a connection string.

use crate::support::{
    Run, Scratch,
    registrar::{Registrar, enrollment},
    run, started_by,
};
use std::{fs, os::unix::fs::PermissionsExt as _};

/// What the file holds before.
pub(crate) const OLD: &str = "the old string";

/// A service, and a folder with the file that is to be replaced.
pub(crate) struct Place {
    pub(crate) registrar: Registrar,
    pub(crate) folder: Scratch,
    pub(crate) file: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = Scratch::new();
        let file = folder.write("string.txt", OLD);
        Self { registrar: Registrar::of(enrollment()), folder, file }
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        let by = self.registrar.address("https");
        self.registrar.arguments(by, &["--write-connection-string", &self.file])
    }

    pub(crate) fn write(&self) -> Run {
        run(started_by(&["/usr/bin/env"], &self.arguments()), b"")
    }

    pub(crate) fn holds(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    /// Everything in the folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.folder()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// How often the service was asked.
    pub(crate) fn asked(&self) -> usize {
        self.registrar.site.journal().len()
    }

    /// The next run replaces the file, and removes what is left.
    #[track_caller]
    pub(crate) fn is_repaired_by_another_run(&self) {
        self.write().done();
        assert!(self.holds().starts_with("HostName="));
        assert_eq!(self.names(), ["string.txt"]);
        assert_eq!(fs::metadata(&self.file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
