use crate::{ended::Ended, scratch::Scratch};
use defender_auth_pkcs11::{Error, TokenKey, Uri};
use std::{
    fs,
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

pub(crate) const PIN: &str = "1234";

/// Kinds of keys, as pkcs11-tool names them.
pub(crate) const KINDS: [&str; 3] = ["EC:prime256v1", "EC:secp384r1", "rsa:2048"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    SoftHsm,
    /// tpm2-pkcs11, with swtpm behind it.
    Tpm2,
    /// `SoftHSM` behind a module that returns what a script says.
    Scripted,
}

impl Kind {
    pub(crate) fn module(self) -> String {
        let places = match self {
            Self::SoftHsm | Self::Scripted => {
                ["/usr/lib/softhsm/libsofthsm2.so".to_owned(), "/usr/lib64/softhsm/libsofthsm.so".into()]
            }
            Self::Tpm2 => [
                format!("/usr/lib/{}-linux-gnu/pkcs11/libtpm2_pkcs11.so", std::env::consts::ARCH),
                "/usr/lib64/pkcs11/libtpm2_pkcs11.so".into(),
            ],
        };
        let found = places.iter().find(|place| fs::exists(place).unwrap_or(false));
        found.unwrap_or_else(|| panic!("there is no module of {self:?}")).clone()
    }
}

/// A token called `agent`, with the PIN 1234 in a file.
pub(crate) struct Token {
    kind: Kind,
    folder: String,
    // The TPM ends before its folder.
    tpm: Option<Ended>,
    _scratch: Option<Scratch>,
}

impl Token {
    pub(crate) fn new(kind: Kind) -> Self {
        let scratch = Scratch::new();
        for folder in ["tokens", "tpm"] {
            fs::create_dir(scratch.path(folder)).unwrap();
        }
        let tokens = scratch.path("tokens");
        scratch.write("softhsm2.conf", format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n"));
        scratch.write("pin", format!("{PIN}\n"));
        let mut this = Self { kind, folder: scratch.folder(), tpm: None, _scratch: Some(scratch) };
        match kind {
            Kind::Tpm2 => this.tpm = Some(this.start_tpm()),
            Kind::Scripted => this.build(),
            Kind::SoftHsm => {}
        }
        this.add("agent");
        this
    }

    /// The token that another process has made.
    pub(crate) fn at(kind: Kind, folder: String) -> Self {
        Self { kind, folder, tpm: None, _scratch: None }
    }

    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    pub(crate) fn write(&self, name: &str, contents: &str) -> String {
        fs::write(self.path(name), contents).unwrap();
        self.path(name)
    }

    /// What tells a module where its tokens are.
    pub(crate) fn environment(&self) -> [(&'static str, String); 7] {
        [
            ("MODULE_BEHIND", Kind::SoftHsm.module()),
            ("SCRIPT", self.path("script")),
            ("CALLS", self.path("calls")),
            ("SOFTHSM2_CONF", self.path("softhsm2.conf")),
            ("TPM2_PKCS11_STORE", self.path("tokens")),
            ("TPM2_PKCS11_TCTI", format!("swtpm:path={}", self.path("s"))),
            ("TSS2_LOG", "all+none".into()),
        ]
    }

    fn start_tpm(&self) -> Ended {
        let socket = self.path("s");
        let mut command = Command::new("swtpm");
        command.args(["socket", "--tpm2", "--flags", "startup-clear,not-need-init", "--tpmstate"]);
        command.arg(format!("dir={}", self.path("tpm")));
        command.args(["--server", &format!("type=unixio,path={socket}")]);
        command.args(["--ctrl", &format!("type=unixio,path={socket}.ctrl")]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Ended(command.spawn().unwrap());
        for _ in 0..2000 {
            // The socket exists a moment before it accepts connections.
            if UnixStream::connect(&socket).is_ok() {
                return process;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("swtpm does not accept connections");
    }

    fn build(&self) {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/token/scripted.c");
        let mut command = Command::new("gcc");
        command.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o", &self.path("scripted.so"), source, "-ldl"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// What the next calls return.
    pub(crate) fn script(&self, lines: &[&str]) {
        self.write("script", &lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>());
    }

    /// How often a function was called since the script's module was loaded.
    pub(crate) fn calls(&self, function: &str) -> usize {
        fs::read_to_string(self.path("calls")).unwrap_or_default().lines().filter(|line| *line == function).count()
    }

    /// The module that this crate loads.
    pub(crate) fn module(&self) -> String {
        if self.kind == Kind::Scripted { self.path("scripted.so") } else { self.kind.module() }
    }

    /// One more token in the same module.
    pub(crate) fn add(&self, label: &str) {
        match self.kind {
            Kind::SoftHsm | Kind::Scripted => {
                let arguments = format!("--init-token --free --label {label} --so-pin 5678 --pin {PIN}");
                let mut command = Command::new("softhsm2-util");
                command.args(arguments.split(' ')).envs(self.environment()).stdin(Stdio::null());
                let output = command.output().unwrap();
                assert!(output.status.success(), "{output:?}");
            }
            Kind::Tpm2 => {
                self.tool(&format!("--slot-index 0 --init-token --label {label} --so-pin 5678"));
                self.tool(&format!(
                    "--token-label {label} --login --login-type so --so-pin 5678 --init-pin --new-pin {PIN}"
                ));
            }
        }
    }

    /// Runs pkcs11-tool with this module.
    pub(crate) fn tool(&self, line: &str) -> String {
        let mut command = Command::new("pkcs11-tool");
        command.args(["--module", &self.kind.module()]).args(line.split(' '));
        command.envs(self.environment()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{line}: {text}");
        text
    }

    /// Runs it logged in.
    pub(crate) fn tool_in(&self, line: &str) -> String {
        self.tool(&format!("--token-label agent --login --pin {PIN} {line}"))
    }

    /// Makes a key.
    pub(crate) fn make(&self, kind: &str, label: &str, id: &str) {
        self.tool_in(&format!("--keypairgen --key-type {kind} --label {label} --id {id}"));
    }

    /// The URI of a key by attributes of the path, with the module and the PIN file.
    pub(crate) fn uri(&self, path: &str) -> Uri {
        let query = format!("module-path={}&pin-source={}", self.module(), self.path("pin"));
        format!("pkcs11:{path}?{query}").parse().unwrap()
    }

    /// Opens the key with a label.
    pub(crate) fn open(&self, label: &str) -> Result<TokenKey, Error> {
        TokenKey::open(&self.uri(&format!("token=agent;object={label}")))
    }
}
