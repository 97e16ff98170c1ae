//! What differs on Windows: its pipes, its file names, and its files of text.

use crate::support::{KEY, Run, Scratch, agents, command, defenderauth, device, group::Group, string};
use std::{
    fs,
    io::{Read as _, Write as _},
    process::Stdio,
};

/// The command, whose reader of standard output has gone away: its exit status, and standard error.
fn without_a_reader(arguments: &[&str], input: &str) -> (i32, String) {
    let mut command = command(arguments);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code().unwrap(), said)
}

#[test]
fn a_reader_that_has_gone_away_is_no_failure() {
    let group = Group::new(KEY);
    let list = (0..5000).map(|number| format!("dev-{number}")).collect::<Vec<_>>().join("\n");
    let derive = ["derive-key", "--group-key-file", &group.key, "--ids", "-"];
    for (arguments, input) in
        [(&derive[..], &list), (&["token", "-"], &device()), (&["inspect", "-", "--json"], &device())]
    {
        assert_eq!(without_a_reader(arguments, input), (0, String::new()), "{arguments:?}");
    }
}

#[test]
fn the_device_nul_takes_the_output_and_is_no_file_for_a_key() {
    let mut nul = command(&["token", "-"]);
    let mut child = nul.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(device().as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let group = Group::new(KEY);
    for name in ["NUL", "nul.csv", "Con", "com1"] {
        let run = group.derive(&["dev1", "--out", name]);
        run.failed(2, &[name, "is the name of a device on Windows", "name another file"]);
    }
}

/// As `>` of `cmd` makes it. PowerShell reads the output, and makes the file itself.
#[test]
fn keys_on_standard_output_are_warned_of_when_others_can_read_the_file() {
    let group = Group::new(KEY);
    let out = fs::File::create(group.folder.path("keys.csv")).unwrap();
    let mut derive = command(&["derive-key", "--group-key-file", &group.key, "dev1"]);
    let output = derive.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("other users can read the file"), "{said}");
}

/// A colon begins the name of a stream, which no listing shows.
#[test]
fn a_name_that_windows_does_not_take_literally_is_no_file_for_a_key() {
    let (group, folder) = (Group::new(KEY), Scratch::new());
    for (name, cause) in [
        ("dev:1", "begins the name of a stream"),
        ("dev:1.pem", "begins the name of a stream"),
        ("dev*", "does not allow"),
        ("dev?", "does not allow"),
        ("dev|1", "does not allow"),
        ("dev.", "ends with a dot or a space"),
        ("dev ", "ends with a dot or a space"),
    ] {
        let (path, inner) = (folder.path(name), folder.path(&format!("{name}/a.pem")));
        group.derive(&["dev1", "--out", &path]).failed(2, &[cause]);
        let new = ["certificate", "new", "self-signed", "--device-id", "dev-01"];
        defenderauth(&[&new[..], &["--out-dir", &path]].concat(), "").failed(2, &[cause]);
        let files = ["--cert-file", &inner, "--key-file", &folder.path("key.pem")];
        defenderauth(&[&new[..], &files].concat(), "").failed(2, &[cause]);
        defenderauth(&["key", "new", "--in", "file", "--out", &path], "").failed(2, &[cause]);
        defenderauth(&["login", "-", "--out", &path], device()).failed(2, &[cause]);
    }
    assert_eq!(fs::read_dir(folder.folder()).unwrap().count(), 0, "nothing is made, and nothing is left behind");
}

/// The IDs are permitted ones; each would be the name of a folder.
#[test]
fn a_device_whose_id_is_no_name_is_refused_before_the_first_certificate_is_made() {
    let folder = Scratch::new();
    let out = folder.path("made");
    let new = ["certificate", "new", "self-signed", "--ids", "-", "--out-dir", &out];
    for (list, causes) in [
        ("dev-1\ndev:1\n", ["dev:1", "begins the name of a stream"]),
        ("dev-1\nc:x\n", ["c:x", "begins the name of a stream"]),
        ("dev-1\ndev*1\n", ["dev*1", "does not allow"]),
        ("dev-1\nNUL\n", ["NUL", "the name of a device"]),
        ("dev-1\nLPT1.floor\n", ["LPT1.floor", "the name of a device"]),
        ("dev-1\ndev-2.\n", ["dev-2.", "ends with a dot"]),
        ("dev-1\nDEV-1\n", ["dev-1 and DEV-1", "does not distinguish case"]),
    ] {
        defenderauth(&new, list).failed(2, &causes).failed(2, &["--device-id", "--out-dir"]);
        assert!(!fs::exists(&out).unwrap(), "{list:?}");
    }
    defenderauth(&new, "dev-1\ndev-2\n").done();
    assert_eq!(fs::read_dir(&out).unwrap().count(), 2);
}

/// As an editor of Windows saves it, or `>` in PowerShell 5.
fn utf_16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// What reads a file of text, with the file's content and its place among the arguments.
fn readers(folder: &Scratch, encode: impl Fn(&str) -> Vec<u8>) -> Vec<Run> {
    let file = |name: &str, text: &str| folder.write(name, encode(text));
    let string = file("string.txt", &format!("{}\r\n", device()));
    let (key, ids) = (file("group.key", &format!("{KEY}\r\n")), file("ids.txt", "dev-1\r\ndev-2\r\n"));
    let group = folder.write("plain.key", KEY);
    let agent = fs::read_to_string(agents::folder("c/device/LocalConfiguration.json")).unwrap();
    let configuration = file("LocalConfiguration.json", &agent.replace('\n', "\r\n"));
    folder.write("key.txt", KEY);
    vec![
        defenderauth(&["inspect", &string], ""),
        defenderauth(&["inspect", "-"], encode(&device())),
        defenderauth(&["derive-key", "--group-key-file", &key, "dev-1"], ""),
        defenderauth(&["derive-key", "--group-key-file", &group, "--ids", &ids], ""),
        defenderauth(&["inspect", &configuration], ""),
    ]
}

#[test]
fn a_mark_at_the_begin_and_the_line_ends_of_windows_are_read() {
    let marked = |text: &str| ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    for run in readers(&Scratch::new(), marked) {
        run.done();
    }
}

#[test]
fn a_file_of_utf_16_is_told_with_its_cure() {
    for run in readers(&Scratch::new(), utf_16) {
        run.failed(2, &["UTF-16", "UTF-8"]);
    }
}

#[test]
fn names_of_every_script_are_read_and_printed() {
    let folder = Scratch::new();
    let file = folder.write("gerät-漢字.txt", string("DeviceId=dev-01;x509=true"));
    let absent = folder.path("fehlt-漢.txt");
    defenderauth(&["inspect", &file], "").done();
    defenderauth(&["inspect", &absent], "").failed(2, &["fehlt-漢.txt", "no such file"]);
}
