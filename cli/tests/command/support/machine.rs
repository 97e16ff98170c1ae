//! A machine with a TPM in software, and services that know it.

pub(crate) use crate::swtpm::Swtpm;

use crate::support::{
    HOST, Run, command, defenderauth, run,
    site::{SCOPE, Site, no_token},
};
use defender_auth_emulator::{Dps, Enrollment, Hub, World};
use std::{
    io::{Read, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    sync::{Arc, Mutex},
    thread,
};

/// The registration id and the name at the hub.
pub(crate) const ID: &str = "pump-17";

/// The place of the hub's key.
pub(crate) const IDENTITY: &str = "0x81000100";

/// `TPM2_StartAuthSession`, the first command of an activation that needs no key of a service.
pub(crate) const START_AUTH_SESSION: u32 = 0x176;

pub(crate) struct Machine {
    pub(crate) site: Site,
    pub(crate) tpm: Swtpm,
}

impl Machine {
    /// Whose device is assigned at once.
    pub(crate) fn new() -> Self {
        Self::enrolled(|enrollment| enrollment)
    }

    /// With changes to that enrollment, which is made from what `tpm show` says.
    pub(crate) fn enrolled(change: impl FnOnce(Enrollment) -> Enrollment) -> Self {
        let tpm = Swtpm::new();
        let shown = defenderauth(&["tpm", "show", "--json", "--tpm", &tpm.endpoint().to_string()], "").done().json();
        tpm.assert_empty("after `tpm show`");
        let key = shown["endorsement_key"].as_str().unwrap();
        let enrollment = change(Enrollment::with_endorsement_key(ID, key).pending(0));
        let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment)));
        Self { site, tpm }
    }

    /// One whose device is registered.
    pub(crate) fn registered() -> Self {
        let this = Self::new();
        this.provision(&[]).done();
        this
    }

    pub(crate) fn tcti(&self) -> String {
        self.tpm.endpoint().to_string()
    }

    pub(crate) fn show(&self, more: &[&str]) -> Run {
        self.leaves_nothing(defenderauth(&[&["tpm", "show", "--tpm", &self.tcti()], more].concat(), ""))
    }

    pub(crate) fn provision(&self, more: &[&str]) -> Run {
        let run = self.provision_through(&self.tcti(), more);
        self.leaves_nothing(run)
    }

    /// Registers by another way to the TPM, or to what is in its place.
    pub(crate) fn provision_through(&self, tcti: &str, more: &[&str]) -> Run {
        let device = ["provision", "--tpm", tcti, "--id-scope", SCOPE, "--registration-id", ID];
        self.site.ask_dps(&[&device, more].concat())
    }

    /// Logs in at the hub as the known device.
    pub(crate) fn connect(&self, more: &[&str]) -> Run {
        let device = ["--host-name", HOST, "--device-id", ID, "--connect"];
        self.authenticate(&[&device, more].concat())
    }

    pub(crate) fn authenticate(&self, more: &[&str]) -> Run {
        let run = self.site.ask(&[&["authenticate", "--tpm", &self.tcti()], more].concat(), "");
        self.leaves_nothing(run)
    }

    /// The hub accepts the TPM's key.
    #[track_caller]
    pub(crate) fn is_accepted(&self) {
        let run = self.connect(&[]).done();
        assert!(run.out.ends_with("hub           accepted\n"), "{run:?}");
        assert_eq!(self.site.journal().last(), Some(&format!("accepted {HOST}/{ID}")));
    }

    /// The number of registrations.
    pub(crate) fn registrations(&self) -> usize {
        self.site.journal().iter().filter(|entry| entry.contains("register")).count()
    }

    /// Nothing is loaded after any call, whatever came of it.
    fn leaves_nothing(&self, run: Run) -> Run {
        self.tpm.assert_empty(&format!("{run:?}"));
        no_token(run)
    }
}

/// Runs a line as a shell does.
pub(crate) fn shell(line: &str) -> Run {
    let program = command(&[]);
    let folder = std::path::Path::new(program.get_program()).parent().unwrap();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", line]).env("PATH", folder);
    run(shell, b"")
}

/// A proxy between a command and the TPM that records the commands.
pub(crate) struct Tap {
    pub(crate) tcti: String,
    codes: Arc<Mutex<Vec<u32>>>,
}

impl Tap {
    /// Lets everything through, up to this command: there the connection ends.
    pub(crate) fn new(machine: &Machine, end: Option<u32>) -> Self {
        let (path, to) = (machine.site.scratch.path("tap"), machine.tcti());
        let listener = UnixListener::bind(&path).unwrap();
        let codes = Arc::<Mutex<Vec<u32>>>::default();
        let noted = Arc::clone(&codes);
        thread::spawn(move || {
            let mut here = listener.accept().unwrap().0;
            let mut there = UnixStream::connect(to.strip_prefix("swtpm:path=").unwrap()).unwrap();
            while let Some(command) = frame(&mut here) {
                let code = u32::from_be_bytes(command[6..10].try_into().unwrap());
                noted.lock().unwrap().push(code);
                if Some(code) == end {
                    return;
                }
                there.write_all(&command).unwrap();
                here.write_all(&frame(&mut there).unwrap()).unwrap();
            }
        });
        Self { tcti: format!("swtpm:path={path}"), codes }
    }

    pub(crate) fn codes(&self) -> Vec<u32> {
        self.codes.lock().unwrap().clone()
    }
}

/// A command or an answer; `None` at the end.
pub(crate) fn frame(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut frame = vec![0; 10];
    from.read_exact(&mut frame).ok()?;
    let size = u32::from_be_bytes(frame[2..6].try_into().unwrap());
    from.take(u64::from(size) - 10).read_to_end(&mut frame).unwrap();
    Some(frame)
}
