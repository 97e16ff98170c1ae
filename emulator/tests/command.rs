//! The emulator as a program: faults from a configuration, and terminals that cannot be written or that nobody reads.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use rustls::{
    ProtocolVersion,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use support::{Answer, DPS, HUB, KEY, Mqtt, answer, dial_with, request, token};

/// A running emulator in a folder of its own. Both are removed at the end.
struct Program {
    process: Child,
    folder: PathBuf,
}

/// Where the program listens, and its root certificate.
struct Place {
    mqtt: SocketAddr,
    https: SocketAddr,
    root: CertificateDer<'static>,
}

fn command(name: &str, config: &str) -> (Command, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("command-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator"));
    command
        .arg(folder.join("config.toml"))
        .arg("--folder")
        .arg(&folder)
        .args(["--connections", "128"])
        .stdin(Stdio::null());
    (command, folder)
}

impl Program {
    /// Starts it with standard output in a pipe, and reads its addresses there.
    fn start(name: &str, config: &str, stderr: Stdio) -> (Self, Place) {
        let (mut command, folder) = command(name, config);
        let process = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut program = Self { process, folder };
        let mut lines = BufReader::new(program.process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with(HUB)).unwrap();
        let (mqtt, https) = addresses(&line);
        // The rest, so that the program has written everything before the pipe is closed.
        lines.find(|line| line.contains("Ctrl-C")).unwrap();
        let root = CertificateDer::from_pem_file(program.folder.join("ca.pem")).unwrap();
        (program, Place { mqtt, https, root })
    }
}

/// The addresses for MQTT and HTTPS in the program's output.
fn addresses(line: &str) -> (SocketAddr, SocketAddr) {
    let mut addresses = line.split(' ').filter_map(|word| word.parse().ok());
    (addresses.next().unwrap(), addresses.next().unwrap())
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Place {
    fn look_up(&self) -> Answer {
        let registration = token("0ne/registrations/dev-01", KEY);
        let line = "POST /0ne/registrations/dev-01?api-version=2021-06-01";
        let mut tls = dial_with(self.root.clone(), self.https, DPS, None);
        tls.write_all(request(line, DPS, &registration, "{}").as_bytes()).unwrap();
        let mut text = Vec::new();
        tls.read_to_end(&mut text).unwrap();
        answer(&String::from_utf8(text).unwrap())
    }

    fn log_in(&self, password: &str) -> bool {
        let tls = dial_with(self.root.clone(), self.mqtt, HUB, None);
        let user = format!("{HUB}/dev-01/?api-version=2020-09-30");
        Mqtt::connect_over(tls, "dev-01", &user, Some(password)).1.is_success()
    }
}

fn config() -> String {
    format!(
        "[[hub]]\nhost_name = '{HUB}'\n[[hub.device]]\nid = 'dev-01'\nprimary_key = '{KEY}'\n\
         [dps]\nid_scope = '0ne'\n[[dps.enrollment]]\nid = 'dev-01'\nprimary_key = '{KEY}'\n"
    )
}

#[test]
fn faults_of_a_configuration_are_met_by_requests() {
    let faults = "[[fault]]\noperation = 'lookUpRegistration'\nfault = 'status'\nstatus = 429\nretry_after = '3'\nskip = 1\n\
                  [[fault]]\noperation = 'lookUpRegistration'\nfault = 'redirect'\nlocation = 'https://x.net/'\ntimes = 2\n";
    let (mut program, place) = Program::start("faults", &(config() + faults), Stdio::piped());
    assert_eq!(place.look_up().status, 200);
    let busy = place.look_up();
    assert_eq!((busy.status, busy.header("Retry-After")), (429, Some("3")));
    for _ in 0..2 {
        let away = place.look_up();
        assert_eq!((away.status, away.header("Location")), (302, Some("https://x.net/")));
    }
    assert_eq!(place.look_up().status, 200);
    let journal = BufReader::new(program.process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<String> = journal.take(5).collect();
    let decisions: Vec<&str> = lines.iter().map(|line| line.split_once(" [from 127.0.0.1:").unwrap().0).collect();
    assert_eq!(decisions[0], "answered \"look up 0ne/dev-01\" with 200: unassigned");
    assert!(lines[0].ends_with(", as 0ne/dev-01, by POST /0ne/registrations/dev-01]"), "{}", lines[0]);
    assert_eq!(decisions[1], "applied a fault to \"look up 0ne/dev-01\": status 429, Retry-After \"3\"");
    assert_eq!(decisions[4], decisions[0]);
}

#[test]
fn a_mistake_in_a_fault_is_named_and_ends_the_program() {
    let fault = "[[fault]]\noperation = 'poll'\nfault = 'truncated'\n";
    let (mut command, folder) = command("mistake", &(config() + fault));
    let output = command.output().unwrap();
    let _ = fs::remove_dir_all(folder);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.starts_with("error: ") && error.contains("`registrationStatus`"), "{error}");
}

#[test]
fn orders_of_standard_input_are_carried_out_and_answered_one_by_one() {
    let (mut command, folder) = command("control", &config());
    command.arg("--control").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = Program { process: command.spawn().unwrap(), folder };
    let mut orders = program.process.stdin.take().unwrap();
    let mut lines = BufReader::new(program.process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (mqtt, https) = addresses(&lines.find(|line| line.starts_with(HUB)).unwrap());
    lines.find(|line| line.contains("Ctrl-C")).unwrap();
    let root = CertificateDer::from_pem_file(program.folder.join("ca.pem")).unwrap();
    let place = Place { mqtt, https, root };
    let good = token(HUB, KEY);
    assert!(place.log_in(&good));
    writeln!(orders, "disable-device {HUB} dev-01").unwrap();
    assert_eq!(lines.next().unwrap(), "ok");
    assert!(!place.log_in(&good));
    writeln!(orders, "enable-device {HUB} dev-09\n\nenable-device {HUB} dev-01").unwrap();
    assert_eq!(lines.next().unwrap(), format!("error: there is no device dev-09 at {HUB}"));
    assert!(lines.next().unwrap().starts_with("error: there is no order ``"));
    assert_eq!(lines.next().unwrap(), "ok");
    drop(orders);
    assert!(place.log_in(&good), "it runs after the end of its orders");
}

/// More logins than there are places for connections, of which `Program::start` gives 128.
fn logs_in_for_long(place: &Place) {
    let good = token(HUB, KEY);
    for _ in 0..150 {
        assert!(!place.log_in("no token"));
    }
    assert!(place.log_in(&good));
}

#[test]
fn logins_go_on_when_standard_error_is_full() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (program, place) = Program::start("full", &config(), full.into());
    logs_in_for_long(&place);
    drop(program);
}

#[test]
fn logins_go_on_when_standard_error_is_closed() {
    let (mut program, place) = Program::start("closed", &config(), Stdio::piped());
    drop(program.process.stderr.take());
    logs_in_for_long(&place);
}

#[test]
fn logins_go_on_when_nobody_reads_standard_error() {
    let (program, place) = Program::start("unread", &config(), Stdio::piped());
    // A line is as long as the client ID, and a pipe has 64 KiB.
    let id = "x".repeat(60_000);
    let user = format!("{HUB}/{id}/?api-version=2020-09-30");
    for _ in 0..4 {
        let tls = dial_with(place.root.clone(), place.mqtt, HUB, None);
        assert!(!Mqtt::connect_over(tls, &id, &user, Some("no token")).1.is_success());
    }
    assert!(place.log_in(&token(HUB, KEY)));
    drop(program);
}

#[test]
fn the_program_starts_when_standard_output_is_full() {
    let (mut command, folder) = command("output", &config());
    let full = File::options().write(true).open("/dev/full").unwrap();
    let process = command.stdout(full).stderr(Stdio::piped()).args(["--https", "127.0.0.1:0"]).spawn().unwrap();
    let mut program = Program { process, folder };
    // It has written the root certificate before its output, and is still running after it.
    let mut waits = 0..1000;
    while fs::metadata(program.folder.join("ca.pem")).map_or(0, |file| file.len()) == 0 {
        assert!(waits.next().is_some() && program.process.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(program.process.try_wait().unwrap(), None);
}

#[test]
fn an_error_that_cannot_be_written_keeps_its_exit_code() {
    let (mut command, folder) = command("silent", "nonsense");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let status = command.stdout(Stdio::null()).stderr(full).status().unwrap();
    let _ = fs::remove_dir_all(folder);
    assert_eq!(status.code(), Some(2));
}

#[test]
fn the_help_text_tells_what_it_does_and_where_faults_are_configured() {
    let (mut command, folder) = command("help", "");
    let help = String::from_utf8(command.arg("--help").output().unwrap().stdout).unwrap();
    let _ = fs::remove_dir_all(folder);
    assert!(help.starts_with("Loopback emulator of Azure IoT Hub") && help.contains("[[fault]]"), "{help}");
    assert!(help.contains("--control") && help.contains("move-device HUB DEVICE OTHER-HUB"), "{help}");
}

/// What a proxy answers to a request for a tunnel, with this header.
fn tunnel(proxy: SocketAddr, header: &str) -> String {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "CONNECT {HUB}:8883 HTTP/1.1\r\nHost: {HUB}:8883\r\n{header}\r\n").unwrap();
    BufReader::new(stream).lines().next().unwrap().unwrap()
}

#[test]
fn its_proxy_requires_a_login_and_its_servers_speak_the_version_of_their_names() {
    let (mut command, folder) = command("network", &config());
    fs::write(folder.join("proxy.login"), "plant:hunter2\n").unwrap();
    command.args(["--proxy", "127.0.0.1:0", "--tls", "by-name", "--proxy-login-file"]).arg(folder.join("proxy.login"));
    let process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut program = Program { process, folder };
    let mut lines = BufReader::new(program.process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.starts_with("the proxy is at ")).unwrap();
    assert!(!line.contains("hunter2") && line.contains("HTTPS_PROXY=http://USER:PASSWORD@"), "{line}");
    let proxy = line.split(' ').nth(4).unwrap().trim_end_matches(':').parse().unwrap();
    let (mqtt, _) = addresses(&lines.find(|line| line.starts_with(HUB)).unwrap());
    let other = lines.find(|line| line.ends_with(" is the same hub")).unwrap();
    assert_eq!(other, "contoso.device.azure-devices.net is the same hub");
    lines.find(|line| line.contains("Ctrl-C")).unwrap();
    assert!(tunnel(proxy, "").starts_with("HTTP/1.1 407 "));
    assert!(tunnel(proxy, "Proxy-Authorization: Basic cGxhbnQ6aHVudGVyMg==\r\n").starts_with("HTTP/1.1 200 "));
    let root = CertificateDer::from_pem_file(program.folder.join("ca.pem")).unwrap();
    for (name, version) in
        [(HUB, ProtocolVersion::TLSv1_2), ("contoso.device.azure-devices.net", ProtocolVersion::TLSv1_3)]
    {
        let mut tls = dial_with(root.clone(), mqtt, name, None);
        tls.conn.complete_io(&mut tls.sock).unwrap();
        assert_eq!(tls.conn.protocol_version(), Some(version), "{name}");
    }
}

#[test]
fn a_proxy_that_cannot_be_started_is_an_error_that_names_it() {
    for (name, arguments, why) in [
        ("far", vec!["--proxy", "192.0.2.1:3128"], "the proxy at 192.0.2.1:3128: 192.0.2.1 is not a loopback address"),
        ("empty", vec!["--proxy", "127.0.0.1:0", "--proxy-login-file", "config.toml"], "must contain USER:PASSWORD"),
        ("gone", vec!["--proxy", "127.0.0.1:0", "--proxy-login-file", "gone"], "gone: "),
    ] {
        let (mut command, folder) = command(&format!("proxy-{name}"), "[[hub]]\nhost_name = 'h.net'\n");
        let output = command.args(arguments).current_dir(&folder).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        fs::remove_dir_all(folder).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(why), "{text}");
    }
}

#[test]
fn it_listens_at_the_loopback_address_of_ipv6() {
    if let Err(error) = std::net::TcpListener::bind("[::1]:0") {
        eprintln!("not tested: this machine has no loopback address of IPv6: {error}");
        return;
    }
    let config = "[[hub]]\nhost_name = '[::1]'\n";
    let (mut command, folder) = command("ipv6", config);
    command.args(["--listen", "[::1]:0"]);
    let process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut program = Program { process, folder };
    let mut lines = BufReader::new(program.process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (mqtt, https) = addresses(&lines.find(|line| line.starts_with("[::1] is at ")).unwrap());
    lines.find(|line| line.contains("Ctrl-C")).unwrap();
    let root = CertificateDer::from_pem_file(program.folder.join("ca.pem")).unwrap();
    for address in [mqtt, https] {
        // A certificate has no brackets, and a client names no server.
        let mut tls = dial_with(root.clone(), address, "::1", None);
        tls.conn.complete_io(&mut tls.sock).unwrap();
    }
}
