//! Standard input that is a terminal, and standard error that cannot be written.

use crate::{
    ended::Ended,
    support::{KEY, Scratch, command, device, run, started_by},
};
use std::{
    io::{Read as _, Write as _},
    process::Stdio,
};

/// Runs the command on a terminal of `script`, types a text and the end of the input, and returns what is shown.
fn on_a_terminal(arguments: &[&str], typed: &str) -> String {
    let words = arguments.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let program = command(&[]).get_program().to_str().unwrap().to_owned();
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--echo", "never", "--return", "--command", &format!("{program} {words}"), "/dev/null"]);
    let mut child = Ended(script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    // Ctrl-D on a line of its own ends the input.
    child.0.stdin.take().unwrap().write_all(format!("{typed}\n\u{4}").as_bytes()).unwrap();
    let mut shown = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert!(child.0.wait().unwrap().success(), "{shown}");
    shown
}

#[test]
#[ignore = "needs script"]
fn on_a_terminal_the_command_says_what_it_waits_for() {
    let scratch = Scratch::new();
    let key = scratch.write("group.key", KEY);
    let device = device();
    for (arguments, typed, expected) in [
        (&["inspect", "-"][..], device.as_str(), "a connection string"),
        (&["token", "-", "--ttl", "1h"], &device, "a connection string"),
        (&["derive-key", "--group-key-file", &key, "--ids", "-"], "dev1", "registration IDs, one per line,"),
    ] {
        let shown = on_a_terminal(arguments, typed);
        let prompt = format!("reading {expected} from standard input; end it with Ctrl-D");
        assert!(shown.starts_with(&prompt), "{arguments:?}: {shown:?}");
    }
}

#[test]
fn without_a_terminal_it_prints_no_prompt() {
    let run = run(command(&["inspect", "-"]), device().as_bytes()).done();
    assert!(run.err.is_empty(), "{run:?}");
}

/// Warnings, errors and progress alike.
#[test]
fn standard_error_that_is_full_or_closed_changes_no_exit_status() {
    let scratch = Scratch::new();
    let path = scratch.folder();
    let group = scratch.write("group.key", KEY);
    let list = scratch.write("ids", "dev1\ndev1\n");
    let calls: [(&[&str], i32); 5] = [
        (&["token", "-", "--expires-at", "1"], 0),
        (&["inspect", "/no/such/file"], 2),
        (&["no-such-command"], 2),
        (&["derive-key", "--group-key-file", &group, "--ids", &list], 0),
        (&["certificate", "new", "self-signed", "--ids", "-", "--force", "--out-dir", &path], 0),
    ];
    for redirect in ["2> /dev/full", "2>&-", "2> >(exit 0)"] {
        for (arguments, code) in calls {
            let input = if arguments.contains(&"--ids") { "dev1".into() } else { device() };
            let script = format!("exec \"$@\" {redirect}");
            let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
            let mut command = started_by(&["bash", "-c", &script, "bash"], &arguments);
            command.env_clear();
            let run = run(command, input.as_bytes());
            assert_eq!(run.code, code, "{redirect} {arguments:?} {run:?}");
        }
    }
}
