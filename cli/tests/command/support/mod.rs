//! Runs the command as a shell does.

pub(crate) mod agents;
pub(crate) mod certificates;
pub(crate) mod group;
#[cfg(unix)]
pub(crate) mod keys;
#[cfg(unix)]
pub(crate) mod machine;
#[cfg(unix)]
pub(crate) mod place;
pub(crate) mod registrar;
pub(crate) mod shapes;
pub(crate) mod site;
#[cfg(target_os = "linux")]
pub(crate) mod wine;

pub(crate) use crate::scratch::Scratch;

use serde_json::Value;
use std::{
    ffi::OsString,
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

/// What every key here begins with.
const SECRETS: [&str; 2] = ["AwoRGB8m", "QEFCQ0RF"];

/// Keys of 16, 32 and 64 bytes.
pub(crate) const SHORT_KEY: &str = "AwoRGB8mLTQ7QklQV15lbA==";
pub(crate) const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
pub(crate) const LONG_KEY: &str =
    "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dzj6vH4/wYNFBsiKTA3PkVMU1phaG92fYSLkpmgp661vA==";

/// The key of the security module in the sample agents' files.
pub(crate) const MODULE_KEY: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

pub(crate) const HOST: &str = "contoso.azure-devices.net";

/// A connection string with these pairs after the host name.
pub(crate) fn string(pairs: &str) -> String {
    format!("HostName={HOST};{pairs}")
}

/// The string of a device with its key.
pub(crate) fn device() -> String {
    string(&format!("DeviceId=dev-01;SharedAccessKey={KEY}"))
}

/// The string of a policy with its key.
pub(crate) fn service() -> String {
    string(&format!("SharedAccessKeyName=iothubowner;SharedAccessKey={KEY}"))
}

/// A file of the library's own tests: certificates and keys of every form.
pub(crate) fn data(name: &str) -> String {
    format!("{}/../tests/x509/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A text, and after it what is no Unicode: a byte that is not UTF-8, or half of a pair of surrogates.
pub(crate) fn not_unicode(text: &str) -> OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec([text.as_bytes(), b"\xff"].concat());
    #[cfg(windows)]
    std::os::windows::ffi::OsStringExt::from_wide(&text.encode_utf16().chain([0xd800]).collect::<Vec<_>>())
}

/// How the command ended.
#[derive(Debug)]
pub(crate) struct Run {
    arguments: Vec<String>,
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command with these arguments.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_defenderauth"));
    command.args(arguments);
    command
}

/// The command, started by another program such as `strace`.
#[cfg(unix)]
pub(crate) fn started_by(program: &[&str], arguments: &[String]) -> Command {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(env!("CARGO_BIN_EXE_defenderauth")).args(arguments);
    command
}

/// Runs the command to its end.
pub(crate) fn defenderauth(arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
    run(command(arguments), input.as_ref())
}

/// Runs it to its end and makes sure that no key is shown, whatever happened.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Run {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        // Beside it, or both sides wait for ever when the pipes are full. A command that did not ask for all of its
        // input is no failure.
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    });
    let run = Run {
        arguments: command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect(),
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(SECRETS.iter().all(|secret| !run.shows(secret)), "{run:?}");
    run
}

impl Run {
    /// It did what it was asked for.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It ended with this status, and says what is wrong and whose fault it is.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, words: &[&str]) -> Self {
        let one = |name| self.err.lines().filter(|line| line.starts_with(name)).count() == 1;
        assert!(self.code == code && one("error: ") && one("fault: "), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {self:?}");
        }
        self
    }

    /// The SHA-256 thumbprint of the certificate that it made.
    #[track_caller]
    pub(crate) fn thumbprint(&self) -> String {
        let is_thumbprint = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.out.split_whitespace().find(is_thumbprint).unwrap().into()
    }

    /// Whether a text is in what it prints.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.out.contains(text) || self.err.contains(text)
    }

    /// What it printed: one document, as `docs/json.md` describes it.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let document = serde_json::from_str(&self.out).unwrap();
        shapes::check(&self.arguments, &document);
        document
    }

    /// The service refused it, for a reason that is reported once, and nothing is on standard output.
    #[track_caller]
    pub(crate) fn refused(self, cause: &str) -> Self {
        assert!(self.out.is_empty() && self.err.matches(cause).count() == 1, "not once {cause:?} in {self:?}");
        self.failed(1, &[])
    }

    /// The command line itself is wrong. The parser of arguments says so in its own form.
    #[track_caller]
    pub(crate) fn misused(self, words: &[&str]) {
        assert!(self.code == 2 && self.out.is_empty(), "{self:?}");
        assert!(self.err.ends_with("fault: the call (explain 105)\n"), "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {self:?}");
        }
    }
}
