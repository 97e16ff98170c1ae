//! Long lists: in parts, on every processor, interrupted.

use crate::support::{LONG_KEY, Run, Scratch, command, defenderauth, group::Group};
use defender_auth::{SharedAccessKey, identity::RegistrationId};
use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

/// A list of IDs of every length, with blank lines and both kinds of line break.
fn list(count: usize) -> (String, Vec<String>) {
    let ids: Vec<String> =
        (0..count).map(|number| format!("{:x<1$}", format!("dev.{number}-"), 8 + number % 120)).collect();
    let mut text = String::from("\u{feff}");
    for (number, id) in ids.iter().enumerate() {
        let _ = write!(text, "{id}{}", ["\n", "\r\n", " \n\n"][number % 3]);
    }
    (text, ids)
}

#[test]
fn a_list_of_many_blocks_gives_the_key_of_each_id_in_its_order() {
    let group = Group::new(LONG_KEY);
    let (text, ids) = list(9000);
    let file = group.folder.write("ids.txt", &text);
    assert!(text.len() > 8 * 64 * 1024, "more blocks than are in work at once on two processors");
    let run = group.derive(&["--ids", &file]).done();
    let key = SharedAccessKey::from_base64(LONG_KEY).unwrap();
    assert_eq!(run.out.lines().count(), ids.len());
    for (line, id) in run.out.lines().zip(&ids) {
        let derived = key.derive(&RegistrationId::new(id).unwrap()).to_base64();
        assert_eq!(line.split_once(',').unwrap(), (id.as_str(), derived.expose()));
    }
    assert!(run.err.is_empty(), "{}", run.err);
}

#[test]
fn a_mistake_and_an_id_that_came_before_are_found_in_any_block() {
    let group = Group::new(LONG_KEY);
    let (text, ids) = list(3000);
    let lines = text.lines().count();
    let repeated = ids[10].to_uppercase();
    let file = group.folder.write("ids.txt", format!("{text}{repeated}\nnot/valid\nlast\n"));
    let run = group.derive(&["--ids", &file]).failed(2, &[&format!("ids.txt, line {}", lines + 2), "registration ID"]);
    assert_eq!(run.out.lines().count(), ids.len() + 1, "what came before it");
    let first = text.lines().position(|line| line.trim() == ids[10]).unwrap() + 1;
    let warning = format!("ids.txt, line {}: the registration ID `{repeated}` is the same as in {first};", lines + 1);
    assert!(run.err.contains(&warning), "{}", run.err);
}

#[test]
fn the_parts_of_a_list_put_together_are_byte_for_byte_one_run() {
    let group = Group::new(LONG_KEY);
    for count in [1, 2, 5, 400] {
        let (text, _) = list(count);
        let file = group.folder.write("ids.txt", &text);
        let whole = group.derive(&["--ids", &file]).done().out;
        for parts in [1, 2, 3, 8] {
            let mut together = String::new();
            for part in 1..=parts {
                let out = group.folder.path(&format!("{part}.csv"));
                group.derive(&["--ids", &file, "--shard", &format!("{part}/{parts}"), "--out", &out]).done();
                together += &fs::read_to_string(out).unwrap();
            }
            assert!(together == whole, "{count} IDs in {parts} parts");
        }
    }
}

#[test]
fn a_mistake_in_a_part_is_named_by_its_line_in_the_list() {
    let group = Group::new(LONG_KEY);
    let file = group.folder.write("ids.txt", "a\n\nb\nc\nd\ne\nE\ng/h\n");
    let run = group.derive(&["--ids", &file, "--shard", "2/2"]).failed(2, &["ids.txt, line 8"]);
    assert!(run.err.contains("ids.txt, line 7: the registration ID `E` is the same as in 6;"), "{run:?}");
    assert_eq!(group.derive(&["--ids", &file, "--shard", "1/2"]).done().out.lines().count(), 4);
}

#[test]
fn a_part_may_be_empty_and_a_list_may_not() {
    let group = Group::new(LONG_KEY);
    let file = group.folder.write("ids.txt", "a-long-name-of-a-device\n");
    assert!(group.derive(&["--ids", &file, "--shard", "2/2"]).done().out.is_empty());
    let file = group.folder.write("ids.txt", "\n");
    group.derive(&["--ids", &file, "--shard", "1/1"]).failed(2, &["no registration ID"]);
}

#[test]
fn a_part_is_one_of_a_file() {
    let group = Group::new(LONG_KEY);
    let file = group.folder.write("ids.txt", "a\n");
    for wrong in ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", ""] {
        group.derive(&["--ids", &file, "--shard", wrong]).misused(&["--shard"]);
    }
    group.derive(&["a", "--shard", "1/2"]).misused(&["--shard"]);
    group.derive(&["--ids", "-", "--shard", "1/2"]).failed(2, &["--shard", "--ids FILE"]);
    group.derive(&["--ids", "/no/such/list", "--shard", "1/2"]).failed(2, &["/no/such/list"]);
}

#[test]
fn a_run_that_is_killed_leaves_the_old_file_and_the_next_one_nothing_else() {
    let group = Group::new(LONG_KEY);
    let folder = group.folder.path("out");
    fs::create_dir(&folder).unwrap();
    let out = format!("{folder}/keys.csv");
    fs::write(&out, "old").unwrap();
    let arguments = ["derive-key", "--group-key-file", &group.key, "--ids", "-", "--out", &out];
    let mut child =
        command(&arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // So much that some of it is written, and the end does not come.
    input.write_all(list(9000).0.as_bytes()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), "old");
    let (text, ids) = list(50);
    defenderauth(&arguments, text).done();
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), ids.len());
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
}

#[test]
#[ignore = "needs parallel"]
fn gnu_parallel_writes_what_one_run_writes() {
    let group = Group::new(LONG_KEY);
    let (text, _) = list(500);
    let (file, out) = (group.folder.write("ids.txt", &text), group.folder.path("keys.csv"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fleet/parallel.sh");
    let program = Path::new(env!("CARGO_BIN_EXE_defenderauth")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let run = std::process::Command::new(script)
        .args([&group.key, &file, &out, "5"])
        .envs([("PATH", path), ("HOME", group.folder.folder()), ("LC_ALL", "C".into())])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(fs::read_to_string(&out).unwrap() == group.derive(&["--ids", &file]).done().out);
    let left = fs::read_dir(group.folder.folder()).unwrap().filter_map(Result::ok);
    let parts = left.filter(|entry| entry.file_name().to_string_lossy().contains("parts"));
    assert_eq!(parts.count(), 0);
}

/// A CA and what it makes for a list.
struct Office(Scratch);

impl Office {
    fn new() -> Self {
        let office = Self(Scratch::new());
        defenderauth(&["certificate", "new", "root", "--common-name", "root", "--out-dir", &office.0.folder()], "")
            .done();
        office
    }

    fn arguments(&self, list: &str, more: &[&str]) -> Vec<String> {
        let (ca, key, out) = (self.0.path("root.pem"), self.0.path("root.key.pem"), self.0.path("fleet"));
        let own =
            ["certificate", "new", "device", "--ids", list, "--sign-with", &ca, "--sign-key", &key, "--out-dir", &out];
        own.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    }

    fn make(&self, list: &str, more: &[&str]) -> Run {
        let arguments = self.arguments(list, more);
        defenderauth(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "")
    }

    /// The folders of devices, without those that are not complete.
    fn made(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path("fleet")).into_iter().flatten();
        let folders = entries.map(|entry| entry.unwrap().path());
        folders.filter(|path| !path.to_string_lossy().ends_with('~')).collect()
    }

    fn is_complete(&self, count: usize) {
        let folders = self.made();
        assert_eq!(folders.len(), count);
        for folder in folders {
            let pair = ["certificate_public.pem", "certificate_private.pem"].map(|name| folder.join(name));
            let [certificate, key] = pair.map(|path| path.display().to_string());
            let check = ["certificate", "check", "--cert-file", &certificate, "--key-file", &key];
            defenderauth(&check, "").done();
        }
    }
}

fn devices(count: usize) -> String {
    (0..count).fold(String::new(), |list, number| list + &format!("pump-{number}\n"))
}

#[test]
fn certificates_in_parts_are_those_of_the_whole_list_in_its_order() {
    let office = Office::new();
    let list = office.0.write("ids.txt", devices(20));
    let lines: String = (1..=3).map(|part| office.make(&list, &["--shard", &format!("{part}/3")]).done().out).collect();
    let ids: Vec<&str> = lines.lines().map(|line| line.split_once(',').unwrap().0).collect();
    assert_eq!(ids.join("\n") + "\n", devices(20));
    office.is_complete(20);
    office.make("-", &["--shard", "1/3"]).failed(2, &["--shard"]);
    let one = ["certificate", "new", "self-signed", "--device-id", "d", "--out-dir", &office.0.path("one")];
    for option in [&["--shard", "1/2"][..], &["--resume"]] {
        defenderauth(&[&one[..], option].concat(), "").misused(&[option[0]]);
    }
    let list = office.0.write("ids.txt", "a\nb\nc\nd\na/b\n");
    office.make(&list, &["--shard", "2/2"]).failed(2, &["ids.txt, line 5"]);
}

#[test]
fn a_batch_that_was_killed_is_resumed_and_loses_nothing() {
    let office = Office::new();
    let count = 400;
    let list = office.0.write("ids.txt", devices(count));
    let arguments = office.arguments(&list, &[]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut child =
        command(&arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..3000 {
        if office.made().len() >= 20 || child.try_wait().unwrap().is_some() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before: Vec<(PathBuf, Vec<u8>)> = office
        .made()
        .into_iter()
        .map(|folder| folder.join("certificate_public.pem"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    assert!(before.len() >= 20, "{}", before.len());
    // What a loss of power may leave, and what somebody removed.
    let (empty, gone) = (before[0].0.parent().unwrap(), before[1].0.parent().unwrap());
    fs::write(empty.join("certificate_private.pem"), "").unwrap();
    fs::remove_file(gone.join("certificate_public.pem")).unwrap();
    let run = office.make(&list, &["--resume"]).done();
    let ids: Vec<&str> = run.out.lines().map(|line| line.split_once(',').unwrap().0).collect();
    assert_eq!(ids.join("\n") + "\n", devices(count), "a line for each, in order");
    for (path, content) in &before[2..] {
        assert!(fs::read(path).unwrap() == *content, "{} was kept", path.display());
    }
    assert_eq!(fs::read_dir(office.0.path("fleet")).unwrap().count(), count, "nothing else is left");
    assert_eq!(office.make(&list, &["--resume"]).done().out, run.out, "nothing is made twice");
    // Pairs and chains are checked for a part of them: each costs a process.
    for folder in office.made().iter().skip(40) {
        fs::remove_dir_all(folder).unwrap();
    }
    office.is_complete(40);
}

#[test]
fn what_another_command_has_made_is_not_resumed() {
    let office = Office::new();
    let list = office.0.write("ids.txt", devices(3));
    office.make(&list, &[]).done();
    office.make(&list, &[]).failed(2, &["it exists already"]);
    office.make(&list, &["--module-id", "m", "--resume"]).failed(2, &["another common name", "--force"]);
    office.make(&list, &["--resume", "--force"]).misused(&["--force"]);
    let root = ["certificate", "new", "root", "--common-name", "other", "--force", "--out-dir", &office.0.folder()];
    defenderauth(&root, "").done();
    office.make(&list, &["--resume"]).failed(2, &["another CA", "--force"]);
    office.make(&list, &["--force"]).done();
    office.is_complete(3);
}
