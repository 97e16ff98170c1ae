//! Device keys from the key of an enrollment group.

use crate::support::{KEY, LONG_KEY, Run, SHORT_KEY, Scratch, defenderauth};

const DEV1: &str = "dev1,2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM=\n";
const OTHER: &str = "Dev1,3p1I75er33R//XwYxxNE72YsMTWgNLDdtdEqJPPk2NQ=\n";

/// The keys that a group's key gives to these ids.
fn derive(group_key: &str, ids: &[&str], input: impl AsRef<[u8]>) -> Run {
    let scratch = Scratch::new();
    let file = scratch.write("group.txt", group_key);
    defenderauth(&[&["derive-key", "--group-key-file", &file], ids].concat(), input)
}

#[test]
fn one_id_gives_its_key_alone() {
    for (group, id, key) in [
        (SHORT_KEY, "dev1", "2scyzJcrrFCJ7Q19YTW45Q2155UH79RXTXV1jRz1NwM="),
        (KEY, "dev1", "xYKI2eRdAjCIL9EP503wnGeH4xBwLaAbKahkLxWrUU4="),
        (LONG_KEY, "dev1", "rrNUE3r6sblEiI2yGyJSrCSSmjf2u2md2t+zgelZsfA="),
        (LONG_KEY, "Dev1", "9SYMk84RpMIRfGAdt3VPhZ1VqZU0bUtuQKbJf14fei8="),
        (LONG_KEY, "dev.1:x_y", "XF01a94NjvP5auCtUW+qS/0z8s1ROD3gCtJfMIXzerg="),
    ] {
        assert_eq!(derive(group, &[id], "").done().out, format!("{key}\n"), "{id}");
    }
}

#[test]
fn several_ids_give_a_line_each() {
    let run = derive(SHORT_KEY, &["dev1", "Dev1"], "").done();
    assert_eq!(run.out, format!("{DEV1}{OTHER}"));
}

#[test]
fn a_list_gives_a_line_each_even_if_it_has_but_one_id() {
    assert_eq!(derive(SHORT_KEY, &["--ids", "-"], "dev1\n").done().out, DEV1);
}

#[test]
fn a_list_is_read_as_editors_write_it() {
    let scratch = Scratch::new();
    for list in
        ["dev1\nDev1\n", "dev1\nDev1", "dev1\r\nDev1\r\n", "\n  \ndev1\n\n\r\n Dev1\t\n\n", "\u{feff}dev1\nDev1\n"]
    {
        let file = scratch.write("ids.txt", list);
        for source in ["-", &file] {
            let run = derive(SHORT_KEY, &["--ids", source], list).done();
            assert_eq!(run.out, format!("{DEV1}{OTHER}"), "{list:?}");
        }
    }
}

#[test]
fn a_bad_id_is_named_by_its_line() {
    let scratch = Scratch::new();
    for bad in ["dev/1", "dev 1", "dev\u{e9}", "dev1,key"] {
        let list = format!("dev1\nDev1\n{bad}\ndev1\n");
        let file = scratch.write("ids.txt", &list);
        for (source, place) in [("-", "standard input, line 3"), (&file, "ids.txt, line 3")] {
            let run = derive(SHORT_KEY, &["--ids", source], &list).failed(2, &[place, "registration ID"]);
            assert_eq!(run.out, format!("{DEV1}{OTHER}"), "what came before it");
        }
    }
    let run = derive(SHORT_KEY, &["--ids", "-"], b"dev1\nDev1\n\xff\n").failed(2, &["line 3"]);
    assert_eq!(run.out, format!("{DEV1}{OTHER}"));
}

#[test]
fn bad_ids_among_the_arguments_are_found_before_the_first_key() {
    let run = derive(SHORT_KEY, &["dev1", "dev/1"], "").failed(2, &["registration ID"]);
    assert!(run.out.is_empty());
}

#[test]
fn an_overlong_line_is_refused() {
    let long = "d".repeat(129);
    derive(SHORT_KEY, &["--ids", "-"], &long).failed(2, &["line 1", "longer than 128 bytes"]);
    derive(SHORT_KEY, &["--ids", "-"], "d".repeat(1 << 20)).failed(2, &["line 1", "longer than 128 bytes"]);
    let at_the_limit = derive(SHORT_KEY, &["--ids", "-"], &long[1..]).done();
    assert!(at_the_limit.out.starts_with(&format!("{},", &long[1..])));
}

/// A line is never taken for two.
#[test]
fn an_overlong_line_with_white_space_is_refused() {
    for line in [format!("{:300}dev1\n", ""), format!("dev1{:253}Dev1\n", "")] {
        let run = derive(SHORT_KEY, &["--ids", "-"], &line).failed(2, &["line 1"]);
        assert!(run.out.is_empty(), "{run:?}");
    }
}

#[test]
fn thousands_of_ids_stream_through() {
    let ids: Vec<String> = (0..10_000).map(|number| format!("dev{number}")).collect();
    let run = derive(SHORT_KEY, &["--ids", "-"], ids.join("\n")).done();
    let derived: Vec<&str> = run.out.lines().map(|line| line.split_once(',').unwrap().0).collect();
    assert_eq!(derived, ids);
    assert_eq!(run.out.lines().nth(1).unwrap(), DEV1.trim_end());
}

#[test]
fn there_must_be_ids_from_one_place() {
    derive(SHORT_KEY, &[], "").misused(&["--ids"]);
    derive(SHORT_KEY, &["dev1", "--ids", "-"], "dev1").misused(&["--ids"]);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let nowhere = derive(SHORT_KEY, &["--ids", "/no/such/list"], "");
    nowhere.failed(2, &["/no/such/list", "check the path"]);
    derive("", &["dev1"], "").failed(2, &["group.txt", "the key is empty"]);
    derive("****", &["dev1"], "").failed(2, &["group.txt", "masked"]);
}
