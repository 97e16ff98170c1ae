//! What `tpm show` prints, compared with tpm2-tools.

use crate::support::{
    Scratch, command, defenderauth,
    machine::{IDENTITY, Machine, Swtpm},
    run,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use std::{
    fs::{self, Permissions},
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixListener, net::UnixStream, process::CommandExt as _},
    thread,
};

fn show(swtpm: &Swtpm, more: &[&str]) -> crate::support::Run {
    let run = defenderauth(&[&["tpm", "show", "--tpm", &swtpm.endpoint().to_string()], more].concat(), "");
    swtpm.assert_empty("after `tpm show`");
    run
}

#[test]
#[ignore = "needs swtpm and tpm2-tools"]
fn its_keys_are_those_that_the_tools_create_and_read() {
    let swtpm = Swtpm::new();
    swtpm.tool("createek -G rsa -c ek.ctx -u ek.pub");
    swtpm.tool("flushcontext -t");
    let shown = show(&swtpm, &["--json"]).done().json();
    assert_eq!(shown["endorsement_key"], STANDARD.encode(swtpm.read("ek.pub")));
    assert_eq!(swtpm.handles("persistent"), [""; 0], "no key is made persistent without --persist-keys");

    let no_handle = |shown: &serde_json::Value| {
        let mut shown = shown.clone();
        let handles = ["endorsement_key_handle", "storage_root_key_handle"].map(|name| shown[name].take());
        (shown, handles)
    };
    let persistent = show(&swtpm, &["--json", "--persist-keys"]).done().json();
    assert_eq!(no_handle(&shown), (no_handle(&persistent).0, [json!(null), json!(null)]));
    assert_eq!(no_handle(&persistent).1, [json!("0x81010001"), json!("0x81000001")]);
    assert_eq!(swtpm.handles("persistent"), ["0x81000001", "0x81010001"]);
    for (handle, name) in [("0x81010001", "endorsement_key"), ("0x81000001", "storage_root_key")] {
        swtpm.tool(&format!("readpublic -c {handle} -o read.pub"));
        assert_eq!(shown[name], STANDARD.encode(swtpm.read("read.pub")), "{name}");
    }
    assert_eq!(show(&swtpm, &["--json"]).done().json(), persistent, "with persistent keys");
}

#[test]
#[ignore = "needs swtpm and tpm2-tools"]
fn its_manufacturer_and_firmware_are_those_that_the_tools_read() {
    let swtpm = Swtpm::new();
    let shown = show(&swtpm, &["--json"]).done().json();
    let properties = swtpm.tool("getcap properties-fixed");
    let property = |name: &str, kind: &str| {
        let (_, behind) = properties.split_once(&format!("{name}:\n")).unwrap();
        let line = behind.lines().map(str::trim).find_map(|line| line.strip_prefix(kind)).unwrap();
        line.trim().trim_matches('"').to_owned()
    };
    assert_eq!(shown["manufacturer"], property("TPM2_PT_MANUFACTURER", "value:"));
    let words = ["TPM2_PT_FIRMWARE_VERSION_1", "TPM2_PT_FIRMWARE_VERSION_2"].map(|name| {
        let raw = property(name, "raw:");
        u32::from_str_radix(raw.strip_prefix("0x").unwrap(), 16).unwrap()
    });
    let firmware = words.iter().flat_map(|word| [word >> 16, word & 0xffff]).map(|part| part.to_string());
    assert_eq!(shown["firmware"], firmware.collect::<Vec<_>>().join("."));
}

#[test]
#[ignore = "needs swtpm"]
fn it_shows_whether_the_tpm_holds_the_hubs_key() {
    let machine = Machine::new();
    let before = machine.show(&[]).done();
    assert!(before.out.ends_with(&format!("\nidentity key      none at {IDENTITY}\n")), "{before:?}");
    machine.provision(&[]).done();
    let after = machine.show(&[]).done();
    assert!(after.out.ends_with(&format!("\nidentity key      at {IDENTITY}\n")), "{after:?}");
    let elsewhere = machine.show(&["--json", "--identity-handle", "0x81000200"]).done().json();
    assert_eq!(elsewhere["identity_key"]["handle"], "0x81000200");
    assert_eq!(elsewhere["identity_key"]["is_present"], false);
    assert_eq!(machine.show(&["--json"]).done().json()["identity_key"]["is_present"], true);
}

#[test]
#[ignore = "needs swtpm"]
fn required_passwords_are_named_and_read_from_files() {
    let swtpm = Swtpm::new();
    swtpm.tool("changeauth -c owner owned");
    swtpm.tool("changeauth -c endorsement endorsed");
    let [owner, endorsement, guess] =
        ["owned\n", "endorsed", "guess"].map(|text| swtpm.write(text.trim(), text.as_bytes()));
    show(&swtpm, &[])
        .failed(2, &["the endorsement hierarchy requires a password; give it (--endorsement-password-file)"]);
    let first = ["--endorsement-password-file", &endorsement];
    show(&swtpm, &first).failed(2, &["the owner hierarchy requires a password; give it (--owner-password-file)"]);
    let wrong = show(&swtpm, &[&first[..], &["--owner-password-file", &guess]].concat());
    let wrong = wrong.failed(
        2,
        &["the password given for the owner hierarchy is wrong; give the right one (--owner-password-file)"],
    );
    assert!(!wrong.shows("guess") && !wrong.shows("endorsed"), "{wrong:?}");
    show(&swtpm, &[&first[..], &["--owner-password-file", &owner]].concat()).done();
    let nowhere = ["--owner-password-file", "/nowhere/password"];
    show(&swtpm, &nowhere).failed(2, &["/nowhere/password", "fault: the file"]);
}

#[test]
fn a_missing_tpm_and_what_is_not_one_are_named() {
    let scratch = Scratch::new();
    let show = |tcti: String| defenderauth(&["tpm", "show", "--tpm", &tcti], "");
    let file = scratch.write("file", "");
    let dead = scratch.path("dead");
    drop(UnixListener::bind(&dead).unwrap());
    let other = scratch.path("other");
    let listener = UnixListener::bind(&other).unwrap();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.read_exact(&mut [0; 10]).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for (tcti, place, what) in [
        (format!("device:{}", scratch.path("no")), "/no: ", "there is no TPM here"),
        (format!("swtpm:path={}", scratch.path("no")), "/no: ", "there is no TPM here"),
        (format!("swtpm:path={dead}"), "/dead: ", "the connection was refused"),
        (format!("device:{file}"), "/file: ", "it is a regular file, not the device of a TPM"),
        (format!("device:{}", scratch.folder()), ": ", "it is a directory, not the device of a TPM"),
        (
            format!("device:{dead}"),
            "/dead: ",
            "it is a socket, not the device of a TPM, and was not opened; write swtpm:path",
        ),
        (format!("swtpm:path={file}"), "/file: ", "it is a regular file, not a socket; write the path of the socket"),
        (
            "swtpm:path=/dev/null".into(),
            "/dev/null: ",
            "it is a character device of another kind, not a socket; write device:",
        ),
        (format!("swtpm:path={other}"), "/other: ", "the response is not in the format of a TPM"),
    ] {
        show(tcti).failed(2, &[place, what, "fault: the TPM, or the connection to it"]);
    }
    server.join().unwrap();
}

/// Root has every permission: the command then runs as another user.
#[test]
fn a_missing_permission_is_named_with_the_group_that_has_it() {
    let scratch = Scratch::new();
    let path = scratch.path("s");
    let _listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    let mut command = command(&["tpm", "show", "--tpm", &format!("swtpm:path={path}")]);
    if UnixStream::connect(&path).is_ok() {
        command.uid(65534);
    }
    run(command, b"").failed(2, &[&path, "permission denied; add the user to the group tss"]);
}

#[test]
fn a_transport_that_is_not_supported_is_named_with_those_that_are() {
    for (tcti, words) in [
        ("tabrmd", "`tabrmd` is not supported; write device:/dev/tpmrm0, swtpm:path=PATH or swtpm:host=HOST,port=PORT"),
        ("/dev/tpm0", "a path alone is ambiguous; write device:PATH or swtpm:path=PATH"),
        ("swtpm:path=", "the settings after `swtpm:` cannot be read"),
    ] {
        defenderauth(&["tpm", "show", "--tpm", tcti], "").misused(&[words]);
    }
    let handle = ["--tpm", "swtpm", "--identity-handle", "81000100"];
    defenderauth(&[&["tpm", "show"], &handle[..]].concat(), "").misused(&["as tpm2-tools print it: 0x81000100"]);
}
