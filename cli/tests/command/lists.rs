//! Lists of registration IDs, and the file that their keys are written to.

#[cfg(unix)]
use crate::support::started_by;
use crate::support::{SHORT_KEY, command, group::Group, not_unicode, run};
use std::fs;

const DEV1: &str = "dev1,2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM=\n";

#[test]
fn the_same_id_twice_is_reported_also_in_another_case() {
    let group = Group::new(SHORT_KEY);
    for (list, warnings) in [("dev1\ndev2\n", 0), ("dev1\n\ndev1\n", 1), ("dev1\nDEV1\nDev1\n", 2)] {
        let run = group.derive_from(&["--ids", "-"], list).done();
        assert_eq!(run.err.matches("is the same as in 1").count(), warnings, "{run:?}");
        assert_eq!(run.out.lines().count(), list.split_whitespace().count(), "each has its key nevertheless");
    }
    let run = group.derive_from(&["--ids", "-"], "dev1\n\nDev1\n").done();
    assert!(run.err.contains("warning: standard input, line 3: the registration ID `Dev1`"), "{run:?}");
    let run = group.derive_from(&["a", "b", "A"], "").done();
    assert!(run.err.contains("warning: argument 3: the registration ID `A`"), "{run:?}");
}

#[test]
fn a_list_without_an_id_is_no_success() {
    let group = Group::new(SHORT_KEY);
    for list in ["", "\n", " \r\n\t\n", "\u{feff}"] {
        let file = group.folder.write("ids.txt", list);
        for source in ["-", &file] {
            let run = group.derive_from(&["--ids", source], list).failed(2, &["no registration ID", "one per line"]);
            assert!(run.out.is_empty(), "{run:?}");
        }
    }
}

#[test]
fn keys_go_to_a_file_for_its_owner_alone() {
    let group = Group::new(SHORT_KEY);
    let out = group.folder.path("keys.csv");
    let run = group.derive_from(&["--ids", "-", "--out", &out], "dev1\n").done();
    assert!(run.out.is_empty() && fs::read_to_string(&out).unwrap() == DEV1, "{run:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Also in the place of one that others could read.
        fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();
        group.derive_from(&["dev1", "--out", &out], "").done();
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&out).unwrap(), DEV1.trim_start_matches("dev1,"), "the key alone");
    }
}

#[test]
fn a_list_with_a_mistake_leaves_the_file_as_it_was() {
    let group = Group::new(SHORT_KEY);
    for (list, words) in [("dev1\ndev/2\n", "line 2"), ("", "no registration ID")] {
        let out = group.folder.write("keys.csv", "old");
        group.derive_from(&["--ids", "-", "--out", &out], list).failed(2, &[words]);
        assert_eq!(fs::read_to_string(&out).unwrap(), "old");
        let new = group.folder.path("new.csv");
        group.derive_from(&["--ids", "-", "--out", &new], list).failed(2, &[words]);
        assert_eq!(fs::read_dir(group.folder.folder()).unwrap().count(), 2, "no draft is left");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let group = Group::new(SHORT_KEY);
    let folder = group.folder.folder();
    for (out, words) in [("/no/such/folder/keys.csv", "does not exist"), (folder.as_str(), "is a folder")] {
        group.derive_from(&["dev1", "--out", out], "").failed(2, &[out, words, "fault: the file"]);
    }
}

#[test]
fn the_files_that_it_reads_are_not_replaced() {
    let group = Group::new(SHORT_KEY);
    let ids = group.folder.write("ids.txt", "dev1\n");
    for (out, text) in [(&ids, "dev1\n"), (&group.key, SHORT_KEY)] {
        group.derive_from(&["--ids", &ids, "--out", out], "").failed(2, &[out, "would be lost"]);
        assert_eq!(fs::read_to_string(out).unwrap(), text);
    }
}

#[cfg(unix)]
#[test]
fn keys_on_standard_output_are_warned_of_when_others_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let group = Group::new(SHORT_KEY);
    let arguments = ["derive-key", "--group-key-file", &group.key, "dev1"].map(ToString::to_string);
    for (mask, is_warned) in [("022", true), ("077", false)] {
        let out = group.folder.path(mask);
        let script = format!("umask {mask}; exec \"$@\" > '{out}'");
        let run = run(started_by(&["sh", "-c", &script, "sh"], &arguments), b"").done();
        assert_eq!(run.err.contains("other users can read the file"), is_warned, "{run:?}");
        assert_eq!(fs::metadata(out).unwrap().permissions().mode() & 0o077 != 0, is_warned);
    }
}

/// Every FILE is a path, and a path is bytes; on Windows, numbers of 16 bits.
#[test]
#[cfg_attr(windows, ignore = "needs a file system of Windows, which wine has not")]
fn a_path_that_is_not_unicode_is_a_file_like_any_other() {
    let group = Group::new(SHORT_KEY);
    let path = |name: &str| not_unicode(&group.folder.path(name));
    let (ids, string, out) = (path("ids"), path("string"), path("keys"));
    fs::write(&ids, "dev1\n").unwrap();
    fs::write(&string, crate::support::device()).unwrap();
    for (words, file) in [(&["inspect"][..], &string), (&["token", "--ttl", "1h"], &string)] {
        let mut command = command(words);
        command.arg(file);
        run(command, b"").done();
    }
    let mut command = command(&["derive-key", "--group-key-file", &group.key, "--ids"]);
    command.arg(&ids).arg("--out").arg(&out);
    run(command, b"").done();
    assert_eq!(fs::read_to_string(&out).unwrap(), DEV1);
}
