//! What is wrong is on this device: its disk, or who may use its TPM.

use super::{ask, doctor, network, told};
use crate::on_device::{host, service};
use crate::support::{HOST, Scratch, command, device, run, site::Site, started_by};
use std::{
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::UnixListener,
        process::CommandExt as _,
    },
    process::Command,
    thread,
};

const NOBODY: u32 = 65_534;

#[test]
fn a_limit_of_files_is_named_like_a_full_disk() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let folder = scratch.folder();
    let program = command(&[]).get_program().to_owned();
    let mut shell = Command::new("/bin/sh");
    // In blocks of 512 bytes.
    shell.args(["-c", "ulimit -f 100; exec \"$0\" \"$@\""]).arg(program).args(["doctor", "-", "--state-dir", &folder]);
    shell.args(network(&site));
    let limited = told(shell, &device());
    limited.fails_first_at(2, "state", &["may write files of 51200 bytes only"]);
    assert!(limited.line("login").starts_with("ok"), "what does not depend on it is done: {:?}", limited.0);
    let run = ask(&site, &["-", "--state-dir", &folder], &device());
    run.is_well();
    assert!(run.line("state").contains("can be written to"), "{:?}", run.0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is written");
    let new = scratch.path("new");
    ask(&site, &["-", "--state-dir", &new], &device()).is_well();
    assert!(!fs::exists(&new).unwrap());
}

#[test]
fn a_folder_of_state_that_is_none_is_named() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let file = scratch.write("file", "x");
    ask(&site, &["-", "--state-dir", &file], &device()).0.failed_at("state");
    let nowhere = scratch.path("a/b");
    ask(&site, &["-", "--state-dir", &nowhere], &device()).fails_first_at(2, "state", &["neither does"]);
    ask(&site, &["-", "--state-dir", "/proc/1"], &device()).0.failed_at("state");
}

/// Runs it with the folder of state on a small disk of its own.
fn on_a_small_disk(site: &Site, options: &str) -> super::Told {
    let scratch = Scratch::new();
    let folder = scratch.folder();
    let mount = format!("mount -t tmpfs -o {options} none '{folder}' && exec \"$@\"");
    let arguments: Vec<_> = ["doctor", "-", "--state-dir", &folder].map(String::from).into();
    let arguments = [arguments, network(site)].concat();
    let unshare = ["unshare", "--mount", "--map-root-user", "sh", "-c", &mount, "sh"];
    told(started_by(&unshare, &arguments), &device())
}

#[test]
#[ignore = "needs unshare and mount namespaces"]
fn a_full_disk_is_named() {
    let site = Site::new();
    for (options, words) in [
        ("size=256k", "the disk is full"),
        ("size=16m,nr_inodes=3", "no room for further files"),
        ("size=16m,ro", "mounted read-only"),
    ] {
        on_a_small_disk(&site, options).fails_first_at(2, "state", &[words]);
    }
}

/// A TPM in failure mode: to each command it says what came of its self-test.
#[test]
fn a_tpm_whose_self_test_has_failed_is_named() {
    let (site, scratch) = (Site::new(), Scratch::new());
    let socket = scratch.path("tpm");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        while stream.read_exact(&mut [0; 10]).is_ok() {
            stream.write_all(&[0x80, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]).unwrap();
        }
    });
    let tcti = format!("swtpm:path={socket}");
    let run = ask(&site, &["--tpm", &tcti, "--host-name", HOST, "--device-id", "dev-01"], "");
    run.fails_first_at(2, "tpm", &["self-test has failed (0x101", "restart this device"]);
}

/// Runs it as another user, whose binary and files those of this one are.
fn as_nobody(arguments: &[&str], site: &Site) -> super::Told {
    let mut command = doctor(arguments, &network(site));
    command.uid(NOBODY).gid(NOBODY);
    super::Told(run(command, device().as_bytes()))
}

#[test]
#[ignore = "needs root"]
fn a_user_without_permission_is_told_which() {
    assert_eq!(fs::metadata("/proc/self").unwrap().uid(), 0, "only root can be another user; run the tests as root");
    let site = Site::new();
    fs::set_permissions(&site.roots, Permissions::from_mode(0o644)).unwrap();
    let scratch = Scratch::new();
    let tpm = scratch.path("tpm");
    let _listener = UnixListener::bind(&tpm).unwrap();
    fs::set_permissions(&tpm, Permissions::from_mode(0o660)).unwrap();
    let tcti = format!("swtpm:path={tpm}");
    let run = as_nobody(&["--tpm", &tcti, "--host-name", HOST, "--device-id", "dev-01"], &site);
    run.fails_first_at(2, "tpm", &[&tpm, "permission"]);
    assert!(run.line("credential").contains("because step tpm failed"), "{:?}", run.0);
    let _host = host(&site);
    fs::set_permissions(site.scratch.path("identityd.sock"), Permissions::from_mode(0o600)).unwrap();
    as_nobody(&[&service(&site)], &site).fails_first_at(2, "daemon", &["identityd.sock"]);
    let file = scratch.write("string", device());
    as_nobody(&[&file], &site).fails_first_at(2, "files", &["(uid 65534) may not read it"]);
    let state = scratch.folder();
    let run = as_nobody(&["-", "--state-dir", &state], &site);
    run.fails_first_at(2, "state", &["(uid 65534) may not write to"]);
    assert!(run.line("login").starts_with("ok"), "{:?}", run.0);
}
