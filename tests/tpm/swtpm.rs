use crate::scratch::Scratch;
use defender_auth::tpm::{Connection, Endpoint, TpmClient};
use std::{
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// A software TPM of one test, which ends with it.
pub(crate) struct Swtpm {
    // Dropped before its folder.
    process: Process,
    scratch: Scratch,
}

/// A process that ends with its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether this machine can run one.
#[allow(dead_code, reason = "a bench runs without it")]
pub(crate) fn is_installed() -> bool {
    Command::new("swtpm").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

impl Swtpm {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        std::fs::create_dir(scratch.path("state")).unwrap();
        let process = start(&scratch);
        Self { process, scratch }
    }

    /// A TPM whose primary keys are persistent, so that they are created once in a test.
    pub(crate) fn with_keys() -> Self {
        let this = Self::new();
        this.client().persist_keys().unwrap();
        this
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::Socket(self.scratch.path("s"))
    }

    pub(crate) fn connection(&self) -> Connection {
        Connection::open(&self.endpoint()).unwrap()
    }

    /// swtpm serves one client at a time, the tools included.
    pub(crate) fn client(&self) -> TpmClient<Connection> {
        TpmClient::new(self.connection())
    }

    /// Switches the TPM off and on.
    pub(crate) fn power_cycle(&mut self) {
        let _ = self.process.0.kill();
        let _ = self.process.0.wait();
        self.process = start(&self.scratch);
    }

    pub(crate) fn write(&self, name: &str, contents: &[u8]) -> String {
        self.scratch.write(name, contents)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.scratch.path(name)).unwrap()
    }

    /// Runs one of tpm2-tools in the test's folder: "createek -c ek -u ek.pub".
    pub(crate) fn try_tool(&self, line: &str) -> Result<String, String> {
        let mut words = line.split(' ');
        let mut tool = Command::new(format!("tpm2_{}", words.next().unwrap()));
        tool.args(words).current_dir(self.scratch.folder());
        tool.env("TPM2TOOLS_TCTI", format!("swtpm:path={}", self.scratch.path("s"))).env("TSS2_LOG", "all+NONE");
        let output = tool.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    pub(crate) fn tool(&self, line: &str) -> String {
        let first = self.try_tool(line);
        let result = first.or_else(|error| {
            // The TPM was not started yet.
            if error.contains("(0x100)") {
                self.try_tool("startup -c").and_then(|_| self.try_tool(line))
            } else {
                Err(error)
            }
        });
        result.unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// The handles of a kind that `tpm2_getcap` lists.
    pub(crate) fn handles(&self, kind: &str) -> Vec<String> {
        let list = self.tool(&format!("getcap handles-{kind}"));
        list.lines().map(|line| line.trim_start_matches("- ").to_lowercase()).collect()
    }

    /// Nothing is loaded: no object, no session.
    pub(crate) fn assert_empty(&self, when: &str) {
        for kind in ["transient", "loaded-session"] {
            assert_eq!(self.handles(kind), [""; 0], "{kind} {when}");
        }
    }
}

fn start(scratch: &Scratch) -> Process {
    let socket = scratch.path("s");
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new("swtpm");
    command.args(["socket", "--tpm2", "--flags", "not-need-init", "--tpmstate"]);
    command.arg(format!("dir={}", scratch.path("state")));
    command.args(["--server", &format!("type=unixio,path={socket}")]);
    command.args(["--ctrl", &format!("type=unixio,path={socket}.ctrl")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let process = Process(command.spawn().unwrap());
    for _ in 0..2000 {
        // The socket exists a moment before it accepts connections.
        if UnixStream::connect(&socket).is_ok() {
            return process;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("swtpm does not accept connections");
}
