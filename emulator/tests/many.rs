//! Many devices at once.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use rustix::process::{Resource, getrlimit, setrlimit};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::Value;
use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::{HUB, KEY, Mqtt, dial_with, token};

/// How many devices are connected, unless `DEFENDER_AUTH_DEVICES` says it: `docs/assurance.md` has a run with 2,000.
const DEVICES: usize = 200;

/// The memory that the emulator may have resident, in KiB.
const MEMORY: u64 = 512 * 1024;

/// A figure of the process in KiB or in ticks of its clock.
fn status(pid: u32, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

/// The processor time of the process, in hundredths of a second.
fn processor(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn many_devices_are_connected_at_once() {
    let devices = std::env::var("DEFENDER_AUTH_DEVICES").map_or(DEVICES, |number| number.parse().unwrap());
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("many-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut config = format!("[[hub]]\nhost_name = '{HUB}'\n");
    for number in 0..devices {
        write!(config, "[[hub.device]]\nid = 'dev-{number}'\nprimary_key = '{KEY}'\n").unwrap();
    }
    fs::write(folder.join("config.toml"), config).unwrap();
    let ready = folder.join("ready.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
    command.arg(folder.join("config.toml")).arg("--folder").arg(&folder).arg("--ready-file").arg(&ready);
    command.args(["--connections", &devices.to_string()]);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut waits = 0..1200;
    while !ready.exists() {
        assert!(waits.next().is_some());
        thread::sleep(Duration::from_millis(50));
    }
    let document: Value = serde_json::from_str(&fs::read_to_string(&ready).unwrap()).unwrap();
    let root = CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap();
    let (address, password) = (document["mqtt"].as_str().unwrap().parse().unwrap(), token(HUB, KEY));
    let begin = Instant::now();
    let connect = |from: usize| {
        let numbers = (from..devices).step_by(2);
        let all = numbers.map(|number| {
            let id = format!("dev-{number}");
            let tls = dial_with(root.clone(), address, HUB, None);
            tls.sock.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            let user = format!("{HUB}/{id}/?api-version=2020-09-30");
            let (client, code) = Mqtt::connect_over(tls, &id, &user, Some(&password));
            assert!(code.is_success(), "{id}");
            (id, client)
        });
        all.collect::<Vec<_>>()
    };
    let mut clients = thread::scope(|scope| {
        let connect = &connect;
        let halves = [0, 1].map(|from| scope.spawn(move || connect(from)));
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect::<Vec<_>>()
    });
    let connected = begin.elapsed();
    let begin = Instant::now();
    for (id, client) in &mut clients {
        assert!(client.publish_acknowledged(&format!("devices/{id}/messages/events/"), "{}"));
    }
    let sent = begin.elapsed();
    let (pid, idle) = (process.id(), Duration::from_secs(if devices > DEVICES { 10 } else { 1 }));
    let before = processor(pid);
    thread::sleep(idle);
    let busy = processor(pid) - before;
    let (resident, peak, threads) = (status(pid, "VmRSS"), status(pid, "VmHWM"), status(pid, "Threads"));
    let figures = format!(
        "{devices} devices connected in {connected:.1?}, a message of each in {sent:.1?}; {threads} threads, {} MiB resident, \
         {} MiB at most, {busy} % of a processor in {idle:?} of nothing\n",
        resident / 1024,
        peak / 1024,
        busy = busy * 100 / (idle.as_secs() * 100)
    );
    std::io::stderr().write_all(figures.as_bytes()).unwrap();
    assert!(peak <= MEMORY, "{peak} KiB");
    drop(clients);
    process.kill().unwrap();
    process.wait().unwrap();
    fs::remove_dir_all(folder).unwrap();
}
