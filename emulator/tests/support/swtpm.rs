//! A TPM 2.0 in software, and tools for it.

use std::{
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

/// A TPM in a folder of its own, with a socket in it. Both are removed at the end.
pub(crate) struct Swtpm {
    process: Child,
    folder: PathBuf,
}

impl Swtpm {
    pub(crate) fn start(name: &str) -> Self {
        // A socket's path is short, and the build's folder may be deep.
        let folder = std::env::temp_dir().join(format!("swtpm-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
        let socket = folder.join("socket");
        let process = Command::new("swtpm")
            .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--log", "file=log"])
            .args(["--tpmstate", "dir=."])
            .args(["--server", &format!("type=unixio,path={}", socket.display())])
            .args(["--ctrl", &format!("type=unixio,path={}.ctrl", socket.display())])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let tpm = Self { process, folder };
        for _ in 0..200 {
            if socket.exists() && tpm.run("tpm2_getrandom", &["--hex", "8"]).status.success() {
                return tpm;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("swtpm did not start: {}", String::from_utf8_lossy(&tpm.read("log")))
    }

    /// Writes a file that a tool reads.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    /// Reads a file that a tool has written.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).unwrap()
    }

    /// Runs a tool in the folder.
    pub(crate) fn run(&self, tool: &str, arguments: &[&str]) -> Output {
        Command::new(tool)
            .args(arguments)
            .env("TPM2TOOLS_TCTI", format!("swtpm:path={}", self.folder.join("socket").display()))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a tool that has to succeed, and flushes its objects: the TPM has room for three.
    pub(crate) fn tool(&self, tool: &str, arguments: &[&str]) {
        for output in [self.run(tool, arguments), self.run("tpm2_flushcontext", &["--transient-object"])] {
            assert!(output.status.success(), "{tool}: {output:?}");
        }
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
