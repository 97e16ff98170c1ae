//! Paths that do not name a TPM.

use crate::scratch::Scratch;
use defender_auth::{
    error::{AccessProblem, FileKind, TpmError},
    tpm::{self, Endpoint},
};
use std::{
    os::unix::{fs::symlink, net::UnixListener},
    process::Command,
};

#[test]
fn a_path_that_cannot_be_opened_is_reported_with_its_type() {
    let scratch = Scratch::new();
    let file = scratch.write("file", "precious");
    let fifo = scratch.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // A socket without a listener.
    let dead = scratch.path("dead");
    drop(UnixListener::bind(&dead).unwrap());
    for (endpoint, expected) in [
        (Endpoint::Device(scratch.path("none")), AccessProblem::NotFound),
        (Endpoint::Socket(scratch.path("none")), AccessProblem::NotFound),
        (Endpoint::Socket(dead), AccessProblem::Refused),
        (Endpoint::Socket(format!("{file}/s")), AccessProblem::NotFound),
        (Endpoint::Device(file.clone()), AccessProblem::NotADevice(FileKind::Regular)),
        (Endpoint::Device(scratch.folder()), AccessProblem::NotADevice(FileKind::Directory)),
        (Endpoint::Device(scratch.path("dead")), AccessProblem::NotADevice(FileKind::Socket)),
        (Endpoint::Device(fifo.clone()), AccessProblem::NotADevice(FileKind::Fifo)),
        (Endpoint::Socket(file.clone()), AccessProblem::NotASocket(FileKind::Regular)),
        (Endpoint::Socket(scratch.folder()), AccessProblem::NotASocket(FileKind::Directory)),
        (Endpoint::Socket(fifo), AccessProblem::NotASocket(FileKind::Fifo)),
        (Endpoint::Socket("/dev/null".into()), AccessProblem::NotASocket(FileKind::CharacterDevice)),
    ] {
        let TpmError::Access(error) = tpm::open(&endpoint).unwrap_err() else { panic!() };
        assert_eq!(error.problem, expected, "{endpoint}");
    }
    assert_eq!(std::fs::read(file).unwrap(), b"precious", "nothing is written into a file");
}

/// Whatever its name is: `cli/tests/command/tpm_handles.rs` shows that it is not opened.
#[test]
fn a_device_of_another_kind_is_not_taken_for_a_tpm() {
    let scratch = Scratch::new();
    let named = scratch.path("tpm0");
    symlink("/dev/zero", &named).unwrap();
    for path in ["/dev/null", "/dev/zero", "/dev/tty", &named] {
        let TpmError::Access(error) = tpm::open(&Endpoint::Device(path.into())).unwrap_err() else { panic!() };
        assert_eq!(
            (error.place.as_str(), &error.problem),
            (path, &AccessProblem::NotADevice(FileKind::CharacterDevice))
        );
        let words = "it is a character device of another kind, not the device of a TPM, and was not opened";
        assert!(error.to_string().contains(words), "{error}");
    }
}
