//! The example programs in C, each against the emulator.

#![cfg(all(feature = "full", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/compiled.rs"]
mod compiled;
#[path = "support/issuer.rs"]
mod issuer;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/site.rs"]
#[allow(dead_code, reason = "the tests in C use the rest")]
mod site;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use compiled::{Bench, run};
use defender_auth::{
    UnixTime,
    error::TpmKeyKind,
    identity::Identity,
    sas::SasToken,
    tpm::{Parent, Tpm as _},
};
use site::{DEVICE_KEY, HOST, MODULE_KEY, SCOPE, Site, certificate};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};
use swtpm::Swtpm;

const MODULE_STRING: &str = "HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=azureiotsecurity;\
                             SharedAccessKey=QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";

/// Memory errors, undefined behaviour and leaks end the program.
const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// Known reports that are not leaks.
const SUPPRESSIONS: &str = concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/tests/c/valgrind.supp");

/// The hub accepts the printed token, which is valid for an hour.
#[track_caller]
fn assert_accepts(site: &Site, printed: &str, identity: &Identity) {
    let token = SasToken::parse(printed.trim_end()).unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 3000..=now + 3600).contains(&token.expires_at().as_secs()));
    assert!(site.accepts(identity, printed.trim_end()), "{:?}", site.journal());
}

/// An example whose every read, write and release is checked.
fn sanitized(bench: &Bench, name: &str) -> PathBuf {
    bench.build(name, &[&format!("examples/{name}.c")], &SANITIZERS)
}

/// The same with the HTTP client of the examples.
fn with_curl(bench: &Bench, name: &str, sanitizers: &[&str]) -> PathBuf {
    let flags = run(Command::new("pkg-config").args(["--cflags", "--libs", "libcurl"])).done();
    let options: Vec<&str> = flags.split_whitespace().chain(sanitizers.iter().copied()).collect();
    bench.build(name, &[&format!("examples/{name}.c"), "examples/curl_http.c"], &options)
}

fn module() -> Identity {
    Identity::module(HOST.parse().unwrap(), "dev-01".parse().unwrap(), "azureiotsecurity".parse().unwrap())
}

#[test]
#[ignore = "needs a C compiler"]
fn a_module_key_creates_a_token() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = sanitized(&bench, "module_key");
    let file = bench.scratch.write("string", format!("{MODULE_STRING}\n"));
    assert_accepts(&site, &bench.run(&program, &[&file]).done(), &module());

    bench.run(&program, &["/nowhere"]).failed(2, &["usage"]);
    let file = bench.scratch.write("string", MODULE_STRING.replace("DeviceId", "Device"));
    bench.run(&program, &[&file]).failed(1, &["DeviceId"]);
}

#[test]
#[ignore = "needs a C compiler and libcurl"]
fn device_mode_works_with_the_programs_own_http_client() {
    device_mode("device_mode", true);
}

#[test]
#[ignore = "needs a C compiler"]
fn device_mode_works_with_the_built_in_driver() {
    device_mode("device_mode_builtin", false);
}

#[test]
#[ignore = "needs a C compiler"]
fn an_untrusted_server_receives_no_request() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = sanitized(&bench, "device_mode_builtin");
    let key = bench.scratch.write("key", DEVICE_KEY);
    let (other, _) = certificate("other");
    let other = bench.scratch.write("other.pem", other);
    bench.run(&program, &[HOST, "dev-01", &key, &other, &site.address()]).failed(1, &["certificate"]);
    assert!(!site.journal().iter().any(|line| line.contains("GET")), "{:?}", site.journal());
}

fn device_mode(name: &str, has_own_client: bool) {
    let (bench, site) = (Bench::new(), Site::new());
    let program = if has_own_client { with_curl(&bench, name, &SANITIZERS) } else { sanitized(&bench, name) };
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let key = bench.scratch.write("key", format!("{DEVICE_KEY}\n"));
    let ask = |device: &str| bench.run(&program, &[HOST, device, &key, &roots, &site.address()]);
    assert_accepts(&site, &ask("dev-01").done(), &module());
    ask("nobody").failed(1, &["404"]);
    ask("dev-02").failed(1, &["401"]);
}

#[test]
#[ignore = "needs a C compiler and libcurl"]
fn a_certificate_registers_by_the_programs_own_http_client() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = with_curl(&bench, "x509_curl", &SANITIZERS);
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let pem = bench.scratch.write("device.pem", &site.certificate);
    let register = |pem: &str, roots: &str| bench.run(&program, &[SCOPE, "dev-03", pem, roots, &site.address()]);
    let said = register(&pem, &roots).done();
    assert!(said.starts_with(&format!("connect to {HOST} as {HOST}/dev-03/")), "{said}");

    let (other, _) = certificate("dev-03");
    register(&bench.scratch.write("other.pem", &other), &roots).failed(1, &["401"]);
    let requests = site.journal().len();
    register(&pem, &bench.scratch.write("others.pem", other)).failed(1, &["certificate"]);
    assert!(!site.journal()[requests..].iter().any(|line| line.contains("register")), "{:?}", site.journal());
    let (certificate, _) = site.certificate.split_once("-----BEGIN PRIVATE KEY").unwrap();
    register(&bench.scratch.write("no key.pem", certificate), &roots).failed(1, &["private key"]);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs a C compiler and libcurl"]
fn many_devices_register_at_once_in_one_thread_that_never_blocks() {
    let (bench, site) = (Bench::new(), Site::for_group(DEVICE_KEY));
    let program = with_curl(&bench, "epoll", &SANITIZERS);
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let key = bench.scratch.write("key", DEVICE_KEY);
    let devices: Vec<String> = (0..12).map(|number| format!("dev-{number:02}")).collect();
    let to = site.address();
    let mut arguments = vec![SCOPE, &key, &roots, &to];
    arguments.extend(devices.iter().map(String::as_str));
    let said = bench.run(&program, &arguments).done();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, devices.iter().map(|device| format!("{device}: {HOST}")).collect::<Vec<_>>());

    let other = bench.scratch.write("other", MODULE_KEY);
    bench.run(&program, &[SCOPE, &other, &roots, &to, "dev-00", "dev-01"]).failed(1, &["dev-00: ", "dev-01: ", "401"]);
    bench.run(&program, &[SCOPE, "/nowhere", &roots, &to, "dev-00"]).failed(1, &["epoll: "]);
    let (stranger, _) = certificate("stranger");
    let stranger = bench.scratch.write("stranger.pem", stranger);
    bench.run(&program, &[SCOPE, &key, &stranger, &to, "dev-00"]).failed(1, &["dev-00: ", "certificate"]);
}

#[test]
#[ignore = "needs a C compiler"]
fn tokens_are_renewed_in_time_with_the_key_that_the_file_then_has() {
    let bench = Bench::new();
    let program = sanitized(&bench, "renewal_loop");
    let file = bench.scratch.write("string", format!("{MODULE_STRING}\n"));
    // One second is the shortest life. It ends by itself, so that it cannot remain.
    let mut command = bench.command(&program);
    let mut child = command.args([&file, "1", "30"]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut tokens = lines.map(|line| SasToken::parse(&line.unwrap()).unwrap());
    let is_by = |token: &SasToken, key: &str| {
        let before = UnixTime::from_secs(token.expires_at().as_secs() - 1);
        token.verify(&key.parse().unwrap(), before, Duration::ZERO).is_ok()
    };
    let (first, second) = (tokens.next().unwrap(), tokens.next().unwrap());
    assert!(is_by(&first, MODULE_KEY) && is_by(&second, MODULE_KEY));
    assert!(second.expires_at() >= first.expires_at());
    let new = bench.scratch.write("new", MODULE_STRING.replace(MODULE_KEY, DEVICE_KEY));
    fs::rename(new, &file).unwrap();
    assert!(tokens.any(|token| is_by(&token, DEVICE_KEY)));
    drop(tokens);
    child.kill().unwrap();
    child.wait().unwrap();

    bench.run(&program, &["/nowhere"]).failed(1, &["renewal_loop: "]);
    bench.run(&program, &[&file, "0"]).failed(1, &["renewal_loop: "]);
    bench.run(&program, &[]).failed(2, &["usage"]);
}

#[test]
#[ignore = "needs a C compiler and swtpm"]
fn a_tpm_is_registered_and_signs_for_the_hub() {
    let (bench, swtpm) = (Bench::new(), Swtpm::with_keys());
    let (id, endorsement_key) = {
        let mut tpm = swtpm.client();
        (tpm.registration_id().unwrap(), tpm.endorsement_key().unwrap())
    };
    let site = Site::for_tpm(id.as_str(), &endorsement_key);
    let program = sanitized(&bench, "dps_tpm");
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    let run = bench.run(&program, &[SCOPE, &swtpm.endpoint().to_string(), &roots, &site.address()]);
    assert!(run.err.contains(id.as_str()), "{run:?}");
    let device = Identity::device(HOST.parse().unwrap(), id.as_str().parse().unwrap());
    assert_accepts(&site, &run.done(), &device);
}

#[test]
#[ignore = "needs a C compiler, swtpm and openssl"]
fn a_key_in_a_tpm_requests_its_certificate_and_registers() {
    let (bench, swtpm) = (Bench::new(), Swtpm::with_keys());
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap();
    let key = format!("tpm:file={}&tpm={}", bench.scratch.write("key.pem", file.to_pem()), swtpm.endpoint());
    let program = sanitized(&bench, "tpm_tls");
    let (leaf, root) = issuer::issue(&bench.run(&program, &[&key, "pump-17"]).done());
    let site = Site::for_authority(&root);
    let (chain, roots) = (bench.scratch.write("chain.pem", leaf), site.emulator.root_pem());
    let (roots, address) = (bench.scratch.write("roots.pem", roots), site.address());
    let run = bench.run(&program, &[&key, "pump-17", SCOPE, &chain, &roots, &address]).done();
    assert_eq!(run, HOST);
    bench.run(&program, &["tpm:handle=0x81000005&tpm=swtpm:path=/nowhere", "pump-17"]).failed(1, &["/nowhere"]);
    swtpm.assert_empty("afterwards");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs a C compiler"]
fn an_agent_without_a_key_gets_its_token_from_a_daemon() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = sanitized(&bench, "no_key");
    let host = site::host(&site, &bench.scratch.folder());
    let run = bench.run(&program, &[&bench.scratch.folder()]);
    assert!(run.err.starts_with(&format!("connect to {HOST} as {HOST}/dev-01/azureiotsecurity/")), "{run:?}");
    assert_accepts(&site, &run.done(), &module());
    let of_module = compiled::run(bench.command(&program).envs(host.environment("azureiotsecurity")));
    assert_accepts(&site, &of_module.done(), &module());
    drop(host);
    bench.run(&program, &[&bench.scratch.folder()]).failed(1, &["aziot-identityd is not at unix://"]);
    bench.run(&program, &[]).failed(1, &["IOTEDGE_WORKLOADURI", "missing"]);
}

/// The agent with the replacement of its authentication manager.
fn agent(bench: &Bench) -> PathBuf {
    let sources = ["tests/c/agent.c", "examples/authentication_manager.c"];
    bench.build("agent", &sources, &SANITIZERS)
}

#[test]
#[ignore = "needs a C compiler and openssl"]
fn the_replacement_of_the_agents_authentication_manager_works() {
    let (bench, site) = (Bench::new(), Site::new());
    let program = agent(&bench);
    let roots = bench.scratch.write("roots.pem", site.emulator.root_pem());
    // The agent reads the first line of the key's file.
    let key = bench.scratch.write("key", format!("{DEVICE_KEY}\r\nthe key of dev-01\n"));
    let pem = bench.scratch.write("device.pem", &site.certificate);
    let of = |device: &str| MODULE_STRING.replace("dev-01", device);
    for certificate in [&pem, &pfx(&bench, &pem), &der(&bench, &pem)] {
        let arguments = [&roots, &site.address(), HOST, SCOPE, &key, certificate, MODULE_KEY];
        let printed = bench.run(&program, &arguments).done();
        assert_eq!(printed.lines().collect::<Vec<_>>(), [of("dev-01"), of("dev-01"), of("dev-03"), of("dev-01")]);
    }
}

#[test]
#[ignore = "needs a C compiler and openssl"]
fn the_agents_files_are_reported_as_what_they_are() {
    let bench = Bench::new();
    let program = agent(&bench);
    let read = |kind: &str, file: &str| bench.run(&program, &[kind, file]);
    let write = |name: &str, content: &[u8]| bench.scratch.write(name, content);
    let folder = bench.scratch.folder();
    for kind in ["key", "certificate"] {
        read(kind, "/nowhere").failed(1, &["/nowhere: No such file or directory"]);
        read(kind, &folder).failed(1, &[&folder, "Is a directory"]);
        read(kind, &write("empty", b"")).failed(1, &["empty: it is empty"]);
    }

    let key = |length: usize| [&b"QUJD".repeat(length / 4)[..], b"\n"].concat();
    read("key", &write("longest", &key(296))).done();
    read("key", &write("long", &key(300))).failed(1, &["long: its first line is too long for a key"]);
    read("key", &write("endless", &vec![b'A'; 1 << 20])).failed(1, &["endless: its first line is too long for a key"]);
    // What follows the key may be as long as it likes.
    read("key", &write("followed", &[key(44), vec![b'x'; 1 << 20]].concat())).done();
    read("key", &write("no base64", b"a key\n")).failed(1, &["no base64: "]);

    let pem = bench.scratch.write("device.pem", site::certificate("dev-03").0);
    let (pfx, der) = (fs::read(pfx(&bench, &pem)).unwrap(), fs::read(der(&bench, &pem)).unwrap());
    let text = fs::read_to_string(&pem).unwrap();
    let (certificate, _) = text.split_once("-----BEGIN PRIVATE KEY").unwrap();
    read("certificate", &write("no key.pem", certificate.as_bytes())).failed(1, &["its private key is missing"]);
    let alone = fs::read(bench.scratch.path("certificate.der")).unwrap();
    read("certificate", &write("no key.der", &alone)).failed(1, &["its private key is missing"]);
    read("certificate", &write("key.der", &der[alone.len()..])).failed(1, &["key.der: "]);
    let long = [text.as_bytes(), &vec![b'#'; 1 << 16]].concat();
    read("certificate", &write("long.pem", &long)).failed(1, &["long.pem: it is too long"]);
    // Nothing is read beyond the end, wherever that is.
    for whole in [&pfx, &der] {
        for length in (1..12).chain((12..whole.len()).step_by(41)) {
            let run = read("certificate", &write("cut", &whole[..length]));
            assert!(run.code == Some(1) && run.err.starts_with("authentication: "), "{length}: {run:?}");
        }
    }
}

/// The certificate and key of a PEM file as PKCS#12 without a password.
fn pfx(bench: &Bench, pem: &str) -> String {
    let path = bench.scratch.path("device.pfx");
    openssl(&["pkcs12", "-export", "-passout", "pass:", "-in", pem, "-out", &path]);
    path
}

/// The certificate and key of a PEM file in DER, one after the other; the certificate alone is in `certificate.der`.
fn der(bench: &Bench, pem: &str) -> String {
    let (certificate, key) = (bench.scratch.path("certificate.der"), bench.scratch.path("key.der"));
    openssl(&["x509", "-outform", "DER", "-in", pem, "-out", &certificate]);
    openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", pem, "-out", &key]);
    bench.scratch.write("device.der", [fs::read(certificate).unwrap(), fs::read(key).unwrap()].concat())
}

fn openssl(arguments: &[&str]) {
    run(Command::new("openssl").args(arguments)).done();
}

#[test]
#[ignore = "needs a C compiler, libcurl and valgrind"]
fn examples_read_nothing_that_was_not_written() {
    let (bench, site, group) = (Bench::new(), Site::new(), Site::for_group(DEVICE_KEY));
    let write = |name: &str, content: &str| bench.scratch.write(name, content);
    let (string, key) = (write("string", MODULE_STRING), write("key", DEVICE_KEY));
    let (pem, roots) = (write("device.pem", &site.certificate), write("roots.pem", site.emulator.root_pem()));
    let group_roots = write("group-roots.pem", group.emulator.root_pem());
    let (to, to_group) = (site.address(), group.address());
    let checked = |option: &str, program: PathBuf, arguments: &[&str]| {
        let mut valgrind = bench.command("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--num-callers=40", SUPPRESSIONS, option]);
        run(valgrind.arg(program).args(arguments)).done();
    };
    let clean = |program, arguments: &[&str]| checked("--undef-value-errors=yes", program, arguments);
    let plain = |name: &str| bench.build(name, &[&format!("examples/{name}.c")], &[]);
    clean(plain("module_key"), &[&string]);
    clean(plain("renewal_loop"), &[&string, "1", "2"]);
    // Valgrind does not follow all instructions of the library's cryptography.
    checked("--undef-value-errors=no", plain("device_mode_builtin"), &[HOST, "dev-01", &key, &roots, &to]);
    let curl = |name: &str| with_curl(&bench, name, &[]);
    clean(curl("x509_curl"), &[SCOPE, "dev-03", &pem, &roots, &to]);
    clean(curl("epoll"), &[SCOPE, &key, &group_roots, &to_group, "dev-00", "dev-01"]);
}

#[test]
#[ignore = "needs python3"]
fn python_calls_it() {
    let bench = Bench::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smoke.py");
    let library = bench.scratch.path("lib/libdefenderauth.so");
    let printed = run(Command::new("python3").arg("-B").arg(script).arg(library)).done();
    assert_eq!(printed.trim_end(), env!("CARGO_PKG_VERSION"));
}
