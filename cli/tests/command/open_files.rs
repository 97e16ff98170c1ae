//! A process at its limit of open files: every command reports that with its remedy, and none retries.

use crate::support::{
    HOST, Run, Scratch, device,
    registrar::{ID, Registrar, enrollment},
    run,
    site::{DPS, SCOPE, Site},
    started_by,
};
use std::{
    fs::{self, File},
    os::unix::net::UnixListener,
};

const CAUSE: [&str; 2] = ["too many files are open", "raise the limit (ulimit -n)"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The shell keeps no file open but those of its own, and the limit is that of the command.
fn with_at_most(files: u32, arguments: &[String]) -> Run {
    let script = format!("exec prlimit --nofile={files} \"$@\" <&-");
    run(started_by(&["sh", "-c", &script, "sh"], arguments), b"")
}

/// No socket can be made.
fn without_sockets(arguments: &[String]) -> Run {
    let inject = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-e", "inject=socket:error=EMFILE"];
    run(started_by(&inject, arguments), b"")
}

/// With three files standard input, output and error are all that a process can have.
#[test]
#[ignore = "needs prlimit"]
fn with_every_limit_a_registration_succeeds_or_says_why_not() {
    let registrar = Registrar::of(enrollment());
    let folder = Scratch::new();
    let file = folder.write("string.txt", "old");
    let arguments = registrar.arguments(registrar.address("https"), &["--write-connection-string", &file]);
    let mut refused = 0;
    for limit in 3..16 {
        let before = fs::read_to_string(&file).unwrap();
        let run = with_at_most(limit, &arguments);
        if run.code == 0 {
            assert!(fs::read_to_string(&file).unwrap().starts_with("HostName="));
        } else {
            run.failed(2, &["ulimit -n", "oo many"]);
            assert_eq!(fs::read_to_string(&file).unwrap(), before);
            refused += 1;
        }
        assert_eq!(fs::read_dir(folder.folder()).unwrap().count(), 1, "nothing is left behind");
    }
    assert!((1..8).contains(&refused), "{refused} refused");
    with_at_most(64, &arguments).done();
}

#[test]
#[ignore = "needs prlimit"]
fn every_file_that_cannot_be_opened_is_named() {
    let scratch = Scratch::new();
    let path = scratch.write("connection_string.txt", device());
    for arguments in
        [&["inspect", &path][..], &["authenticate", &path], &["certificate", "check", "--cert-file", &path]]
    {
        with_at_most(3, &words(arguments)).failed(2, &[&path, CAUSE[0], CAUSE[1]]);
        with_at_most(64, &words(arguments));
    }
}

#[test]
#[ignore = "needs strace"]
fn a_connection_that_cannot_be_opened_is_not_tried_again() {
    let registrar = Registrar::of(enrollment());
    for carrier in crate::support::registrar::CARRIERS {
        let by = registrar.address(carrier);
        let arguments = registrar.arguments(by, &["--carrier", carrier]);
        let run = without_sockets(&arguments).failed(1, &CAUSE).failed(1, &["fault: this process"]);
        assert!(!run.err.contains("waiting"), "{run:?}");
    }
    assert_eq!(registrar.site.journal(), [""; 0]);
    registrar.register("https", &[]).done();
}

/// A look-up fails too, for a reason that means nothing.
#[test]
#[ignore = "needs strace"]
fn a_name_that_cannot_be_looked_up_at_the_limit_is_not_blamed_on_the_network() {
    let site = Site::new();
    let key = site.scratch.write("device.key", crate::support::KEY);
    let device = ["--id-scope", SCOPE, "--registration-id", ID, "--key-file", &key, "--ca-file", &site.roots];
    for carrier in crate::support::registrar::CARRIERS {
        let arguments = words(&[&["provision", "--carrier", carrier][..], &device].concat());
        let run = without_sockets(&arguments).failed(1, &CAUSE).failed(1, &[DPS]);
        assert!(!run.err.contains("waiting"), "{run:?}");
    }
    let agent = site.scratch.write("connection_string.txt", crate::support::device());
    let login = words(&["authenticate", &agent, "--connect", "--ca-file", &site.roots]);
    without_sockets(&login).failed(1, &CAUSE).failed(1, &[HOST]);
}

#[test]
#[ignore = "needs strace"]
fn a_tpm_that_cannot_be_opened_at_the_limit_is_reported_as_such() {
    let scratch = Scratch::new();
    let path = scratch.path("s");
    let _listener = UnixListener::bind(&path).unwrap();
    let show = words(&["tpm", "show", "--tpm", &format!("swtpm:path={path}")]);
    without_sockets(&show).failed(2, &[&path, CAUSE[0], CAUSE[1]]);
}

/// The system's root certificates are there, and cannot be read.
#[test]
#[ignore = "needs strace"]
fn roots_that_cannot_be_opened_are_not_missing_ones() {
    let site = Site::new();
    let agent = site.scratch.write("connection_string.txt", crate::support::device());
    let roots = site.scratch.path("roots.pem");
    assert!(File::open(&roots).is_ok());
    let inject = ["strace", "--quiet=all", "-f", "-o", "/dev/null", "-P", &roots, "-e", "inject=openat:error=EMFILE"];
    let endpoint = site.endpoint();
    let login = words(&["authenticate", &agent, "--connect", "--endpoint", &endpoint]);
    let mut command = started_by(&inject, &login);
    command.env("SSL_CERT_FILE", &roots).env_remove("SSL_CERT_DIR");
    run(command, b"").failed(2, &["the root certificates of this system cannot be read", "os error 24", &roots]);
    let mut command = crate::support::command(&["authenticate", &agent, "--connect", "--endpoint", &endpoint]);
    command.env("SSL_CERT_FILE", &roots).env_remove("SSL_CERT_DIR");
    run(command, b"").done();
}
