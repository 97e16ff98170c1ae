//! The commands of `docs/guide.md`, each typed into a shell as it stands there, in its order. Paths of an installed agent and
//! addresses of the services are replaced; nothing else is.

use crate::{
    ended::Ended,
    support::{HOST, KEY, LONG_KEY, Run, defenderauth, registrar, run, site, string},
};
use defender_auth_emulator::{Device, Dps, Host, Hub, Module, RunningHost, World};
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

const GUIDE: &str = include_str!("../../../docs/guide.md");

const MODULE: &str = "azureiotsecurity";

/// What is not run, and why.
const NOT_RUN: [(&str, &str); 1] = [(
    "cargo run -p defender-auth-emulator -- --listen 127.0.0.1:8883",
    "these services run in the process of the test",
)];

/// A machine with the files that the guide takes for granted, and the services that it names.
struct Machine {
    site: site::Site,
    edge: RunningHost,
}

impl Machine {
    fn new() -> Self {
        // The first device is the one that the guide registers.
        let hub = Hub::new(HOST).device(Device::new("dev-02", KEY).module(Module::new(MODULE, LONG_KEY)));
        let site = site::Site::play(World::new().hub(hub).dps(Dps::new(site::SCOPE).group(registrar::group())));
        let files = &site.scratch;
        fs::create_dir(files.path("agent")).unwrap();
        let module = string(&format!("DeviceId=dev-02;ModuleId={MODULE};SharedAccessKey={LONG_KEY}"));
        files.write("agent/connection_string.txt", module);
        files.write("ids.txt", "dev-01\ndev-02\n");
        files.write("root.pem", site.emulator.root_pem());
        // As the emulator writes them.
        fs::create_dir_all(files.path("target/emulator/agent")).unwrap();
        files.write("target/emulator/ca.pem", site.emulator.root_pem());
        let device = string(&format!("DeviceId=dev-02;SharedAccessKey={KEY}"));
        files.write("target/emulator/agent/connection_string.txt", device);
        let group_key = files.write("group.key", registrar::GROUP_KEY);
        let derived = defenderauth(&["derive-key", "--group-key-file", &group_key, "dev-01"], "").done();
        files.write("device.key", derived.out);
        let edge = Host::new(HOST, "dev-02").module(MODULE);
        Self { edge: site.emulator.host(files.folder(), edge).unwrap(), site }
    }

    /// The shell with this line, in the folder of the files.
    fn shell(&self, line: &str) -> Command {
        let (mqtt, https) = (self.site.emulator.address(), self.site.emulator.https_address());
        let mut line = line
            .replace("/etc/defender_iot_micro_agent", "agent")
            .replace("/var/lib/defenderauth", "state")
            .replace("127.0.0.1:8883", &mqtt.to_string());
        let has_network =
            ["authenticate", "stay", "provision"].iter().any(|it| line.contains(&format!("defenderauth {it} ")));
        if has_network && !line.contains("--endpoint") {
            let dps = site::DPS;
            line = format!(
                "{line} --ca-file root.pem --endpoint {HOST}:443={https} --endpoint {HOST}:8883={mqtt} --endpoint {dps}:443={https}"
            );
        }
        let program = Path::new(env!("CARGO_BIN_EXE_defenderauth")).parent().unwrap().to_path_buf();
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [program].into_iter().chain(env::split_paths(&path));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec {line}")]).current_dir(self.site.scratch.folder());
        shell.env("PATH", env::join_paths(folders).unwrap());
        if line.contains("--workload") {
            shell.envs(self.edge.environment(MODULE));
        }
        shell
    }

    /// Runs a line to its end.
    fn run(&self, line: &str) -> Run {
        run(self.shell(line), b"").done()
    }

    /// Runs a line that does not end by itself: it connects, and ends by SIGTERM.
    fn stays(&self, line: &str) {
        let mut shell = self.shell(line);
        let child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut process = Ended(child);
        let first = BufReader::new(process.0.stdout.as_mut().unwrap()).lines().next().unwrap().unwrap();
        assert!(first.contains("Z connected "), "{line}: {first}");
        let id = process.0.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
        assert!(process.0.wait().unwrap().success(), "{line}");
    }
}

#[test]
fn every_command_of_the_guide_succeeds() {
    let machine = Machine::new();
    let lines: Vec<&str> = GUIDE.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    for (line, why) in NOT_RUN {
        assert!(lines.contains(&line), "not in the guide: {line} ({why})");
    }
    let (mut asked, mut stayed) = (0, 0);
    for line in lines.into_iter().filter(|line| NOT_RUN.iter().all(|(not_run, _)| line != not_run)) {
        if line.starts_with("defenderauth stay ") {
            machine.stays(line);
            stayed += 1;
            continue;
        }
        let done = machine.run(line);
        if line.contains("--connect") {
            assert!(done.out.contains("\nhub           accepted"), "{done:?}");
        }
        asked += 1;
    }
    assert!(asked >= 12 && stayed == 2, "{asked} {stayed}");
}
