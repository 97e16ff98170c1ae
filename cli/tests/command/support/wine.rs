//! The command for Windows, under wine, whose TPM Base Services are those of the tests (`windows/tests/tbs.c`).

use crate::{
    support::{
        HOST, Run,
        machine::frame,
        run,
        site::{DPS, Site, no_token},
    },
    swtpm::Swtpm,
};
use std::{
    env, fs,
    io::Write as _,
    net::TcpListener,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
    thread,
};

/// The folder of a wine in which programs of Rust run. `cargo xtask windows` sets it.
const PREFIX: &str = "DEFENDER_AUTH_WINE";
const TARGET: &str = "x86_64-pc-windows-gnu";

/// A machine with Windows, and the port of its TPM.
pub(crate) struct Windows {
    port: u16,
    variables: Vec<(&'static str, String)>,
}

impl Windows {
    /// One with this TPM; `None` where there is no wine for the tests.
    pub(crate) fn with(tpm: &Swtpm) -> Option<Self> {
        Self::at(serve(tpm, None))
    }

    /// One that loses the connection to the TPM once, in the place of so many commands with this code.
    pub(crate) fn losing(tpm: &Swtpm, code: u32, number: usize) -> Option<Self> {
        Self::at(serve(tpm, Some((code, number))))
    }

    fn at(port: u16) -> Option<Self> {
        prepared()?;
        Some(Self { port, variables: vec![("TBS_TEST_PORT", port.to_string())] })
    }

    /// With a variable of the library of the tests.
    pub(crate) fn set(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// The TPM as a server on TCP.
    pub(crate) fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let (prefix, program) = prepared().unwrap();
        let mut command = Command::new("wine");
        command.env("WINEPREFIX", prefix).env("WINEARCH", "win64").env("WINEDEBUG", "-all").env_remove("DISPLAY");
        command.env("WINEDLLOVERRIDES", "tbs=n").arg(program).args(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Run {
        no_token(run(self.command(arguments), input.as_bytes()))
    }

    /// Runs a command that may go to the hub and to the provisioning service.
    pub(crate) fn ask(&self, site: &Site, arguments: &[&str], input: &str) -> Run {
        let (mqtt, https) = (site.emulator.address(), site.emulator.https_address());
        let endpoints = [format!("{HOST}:443={https}"), format!("{HOST}:8883={mqtt}"), format!("{DPS}:443={https}")];
        let endpoints = endpoints.iter().flat_map(|endpoint| ["--endpoint", endpoint]);
        let network: Vec<&str> = ["--ca-file", &site.roots].into_iter().chain(endpoints).collect();
        self.run(&[arguments, &network].concat(), input)
    }
}

/// The folder of wine with the library of the tests in it, and the command for Windows.
fn prepared() -> Option<&'static (PathBuf, PathBuf)> {
    static PREPARED: OnceLock<Option<(PathBuf, PathBuf)>> = OnceLock::new();
    let prepared = PREPARED.get_or_init(|| {
        let prefix = PathBuf::from(env::var_os(PREFIX)?);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let library = prefix.join("drive_c/windows/system32/tbs.dll");
        // That of wine itself may be a link.
        let _ = fs::remove_file(&library);
        let mut compile = Command::new("x86_64-w64-mingw32-gcc");
        compile.args(["-shared", "-O2"]).arg(workspace.join("windows/tests/tbs.c"));
        works(compile.arg("-o").arg(library).arg("-lws2_32"));
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--package", "defender-auth-cli", "--target", TARGET]);
        works(build.current_dir(workspace));
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        Some((prefix, target.join(TARGET).join("debug/defenderauth.exe")))
    });
    if prepared.is_none() {
        eprintln!("{PREFIX} is not set: `cargo xtask windows` runs this test");
    }
    prepared.as_ref()
}

#[track_caller]
fn works(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Serves the TPM at a port of this machine, one connection at a time as the TPM does. The connection ends once, in the place
/// of so many commands with a code.
fn serve(tpm: &Swtpm, lost: Option<(u32, usize)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let path = tpm.endpoint().to_string();
    let left = Mutex::new(lost);
    // Until the end of the process.
    thread::spawn(move || {
        for here in listener.incoming() {
            let mut here = here.unwrap();
            let Ok(mut there) = UnixStream::connect(path.strip_prefix("swtpm:path=").unwrap()) else { return };
            while let Some(command) = frame(&mut here) {
                if is_lost(&left, &command) {
                    break;
                }
                there.write_all(&command).unwrap();
                let Some(response) = frame(&mut there) else { break };
                here.write_all(&response).unwrap();
            }
        }
    });
    port
}

fn is_lost(left: &Mutex<Option<(u32, usize)>>, command: &[u8]) -> bool {
    let mut left = left.lock().unwrap();
    match &mut *left {
        Some((code, number)) if command[6..10] == code.to_be_bytes() => {
            *number -= 1;
            if *number == 0 {
                *left = None;
                return true;
            }
            false
        }
        _ => false,
    }
}
