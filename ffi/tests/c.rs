//! The complete interface, called from C under the compiler's sanitizers and under valgrind.

#![cfg(all(feature = "full", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/compiled.rs"]
mod compiled;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/site.rs"]
#[allow(dead_code, reason = "the example programs use the rest")]
mod site;
#[path = "../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's own tests use the rest")]
mod swtpm;

use compiled::Bench;
use swtpm::Swtpm;

/// The folder with the library's own test files, as a C macro.
const DATA: &str = concat!("-DDATA=\"", env!("CARGO_MANIFEST_DIR"), "/../tests/x509/data\"");

/// Known reports that are not leaks.
const SUPPRESSIONS: &str = concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/tests/c/valgrind.supp");

/// Runs a program of `tests/c` both ways: memory errors, undefined behaviour and leaks.
#[track_caller]
fn passes(name: &str, arguments: &[&str]) {
    passes_in(name, arguments, &[]);
}

/// The same with variables in its environment.
#[track_caller]
fn passes_in(name: &str, arguments: &[&str], variables: &[(&str, String)]) {
    passes_with(name, &[], arguments, variables);
}

/// The same for a program that is linked with other libraries.
#[track_caller]
fn passes_with(name: &str, libraries: &[&str], arguments: &[&str], variables: &[(&str, String)]) {
    let bench = Bench::new();
    let source = format!("tests/c/{name}.c");
    let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", DATA];
    let sanitized = bench.build("sanitized", &[&source], &[&sanitizers, libraries].concat());
    let mut sanitized = bench.command(sanitized);
    sanitized
        .args(arguments)
        .envs(variables.iter().cloned())
        .env("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1");
    let run = sanitized.output().unwrap();
    assert!(run.status.success(), "{}{}", text(&run.stdout), text(&run.stderr));

    let plain = bench.build("plain", &[&source], &[&[DATA], libraries].concat());
    let mut valgrind = bench.command("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=1", "--leak-check=full", "--num-callers=40", SUPPRESSIONS]);
    let run = valgrind.arg(plain).args(arguments).envs(variables.iter().cloned()).output().unwrap();
    assert!(run.status.success(), "{}{}", text(&run.stdout), text(&run.stderr));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn null_is_rejected_and_its_getters_return_nothing() {
    passes("nulls", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn invalid_texts_and_bytes_are_rejected() {
    passes("texts", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn no_write_goes_beyond_a_buffer() {
    passes("buffers", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn calls_in_the_wrong_state_change_nothing() {
    passes("states", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn a_session_is_driven_from_its_first_login_to_its_restart() {
    passes("session", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn a_login_by_mqtt_5_ends_with_the_acknowledged_birth() {
    passes("presence", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn operational_certificates_are_requested_kept_and_refused() {
    let scratch = scratch::Scratch::new();
    passes("certificates", &[&scratch.folder()]);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs a C compiler and valgrind"]
fn a_daemon_of_the_device_is_asked_and_signs() {
    let (site, scratch) = (site::Site::new(), scratch::Scratch::new());
    let host = site::host(&site, &scratch.folder());
    let (nowhere, other) = (scratch.path("nowhere"), scratch::Scratch::new());
    let _certified = site::certified_host(&site, &other.folder());
    passes_in("daemons", &[&scratch.folder(), &nowhere, &other.folder()], &host.environment("azureiotsecurity"));
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn a_session_has_its_certificates_requested_kept_and_renewed() {
    passes("certified", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn tokens_of_others_are_read_and_verified() {
    passes("tokens", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn a_twin_is_applied_read_and_reported() {
    passes("twin", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn threads_share_const_objects() {
    passes("threads", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn a_programs_own_function_signs_and_is_released_once() {
    passes("keys", &[]);
}

#[test]
#[ignore = "needs a C compiler and valgrind"]
fn runs_report_why_they_ended() {
    passes("runs", &[]);
}

#[test]
#[ignore = "needs a C compiler, valgrind and swtpm"]
fn a_tpm_respects_buffers_and_rejects_invalid_calls() {
    let swtpm = Swtpm::with_keys();
    passes("tpm", &[&swtpm.endpoint().to_string()]);
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and valgrind"]
fn a_device_registers_over_the_mqtt_client_of_its_program() {
    let (site, scratch) = (site::Site::new(), scratch::Scratch::new());
    let roots = scratch.write("roots.pem", site.emulator.root_pem());
    let (address, port) = (site.emulator.address().ip().to_string(), site.emulator.address().port().to_string());
    let arguments = [&*roots, &*address, &*port, site::SCOPE, site::DEVICE_KEY];
    passes_with("registers", &["-lmosquitto"], &arguments, &[]);
}

#[test]
fn every_function_is_called_from_c() {
    let programs = [
        include_str!("c/check.h"),
        include_str!("c/nulls.c"),
        include_str!("c/texts.c"),
        include_str!("c/buffers.c"),
        include_str!("c/certificates.c"),
        include_str!("c/presence.c"),
        include_str!("c/certified.c"),
        include_str!("c/daemons.c"),
        include_str!("c/session.c"),
        include_str!("c/keys.c"),
        include_str!("c/states.c"),
        include_str!("c/runs.c"),
        include_str!("c/registers.c"),
        include_str!("c/tpm.c"),
        include_str!("c/threads.c"),
        include_str!("c/tokens.c"),
        include_str!("c/twin.c"),
    ];
    // A getter is called through a macro that adds the prefix.
    let views = |name: &str| {
        let name = name.strip_prefix("defenderauth_").unwrap();
        programs.iter().any(|program| {
            program
                .lines()
                .filter_map(|line| line.trim().strip_prefix("EMPTY("))
                .any(|line| line.split_once(')').is_some_and(|(parts, _)| parts.replace(", ", "_") == name))
        })
    };
    let header = include_str!("../../include/defenderauth.h");
    let (_, functions) = header.split_once("extern \"C\" {").unwrap();
    let lines = functions.lines().filter(|line| !line.starts_with(['#', '/', ' ', '}']));
    let names = lines.filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next());
    let names: Vec<&str> = names.filter(|name| name.starts_with("defenderauth_")).collect();
    assert!(names.len() > 50);
    for name in names {
        let call = format!("{name}(");
        assert!(views(name) || programs.iter().any(|program| program.contains(&call)), "{name} is not tested from C");
    }
}
