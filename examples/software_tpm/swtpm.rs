//! swtpm, at a Unix socket.

use defender_auth::tpm::Endpoint;
use std::{
    env,
    error::Error,
    fs::{self, DirBuilder},
    os::unix::{fs::DirBuilderExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    thread,
    time::Duration,
};

/// A TPM in software, which is ended and removed with this program.
pub(crate) struct Software {
    folder: PathBuf,
    process: Option<Child>,
}

impl Software {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let folder = env::temp_dir().join(format!("software-tpm-{}", process::id()));
        let mut this = Self { folder, process: None };
        // Every process that reaches the socket can use the TPM.
        DirBuilder::new().mode(0o700).create(&this.folder)?;
        let mut command = Command::new("swtpm");
        command.args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"]);
        command.arg(format!("dir={}", this.folder.display()));
        command.args(["--server", &format!("type=unixio,path={}", this.socket())]);
        command.args(["--ctrl", &format!("type=unixio,path={}.control", this.socket())]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        this.process = Some(started.map_err(|error| format!("swtpm cannot be started: {error}; install it"))?);
        for _ in 0..500 {
            // The socket exists a moment before it accepts connections.
            if UnixStream::connect(this.socket()).is_ok() {
                return Ok(this);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err("swtpm does not listen at its socket after five seconds".into())
    }

    fn socket(&self) -> String {
        self.folder.join("socket").display().to_string()
    }

    /// A folder that only this user can read.
    #[allow(dead_code, reason = "not every example has files of its own")]
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::Socket(self.socket())
    }
}

impl Drop for Software {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}
