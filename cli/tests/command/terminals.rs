//! Standard input that is a terminal, and standard error that cannot be written.

use crate::support::{command, device, run};
#[cfg(unix)]
use crate::{
    ended::Ended,
    support::{KEY, Scratch, started_by},
};
#[cfg(unix)]
use std::{
    io::{Read as _, Write as _},
    process::Stdio,
};

/// Runs the command on a terminal of `script`, types a text and the end of the input, and returns what is shown.
#[cfg(unix)]
fn on_a_terminal(arguments: &[&str], typed: &str) -> String {
    on_a_terminal_with(&[], arguments, typed)
}

/// The same with these variables.
#[cfg(unix)]
fn on_a_terminal_with(variables: &[(&str, &str)], arguments: &[&str], typed: &str) -> String {
    let words = arguments.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let program = command(&[]).get_program().to_str().unwrap().to_owned();
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--echo", "never", "--return", "--command", &format!("{program} {words}"), "/dev/null"]);
    script.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
    let mut child = Ended(script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    // Ctrl-D on a line of its own ends the input.
    child.0.stdin.take().unwrap().write_all(format!("{typed}\n\u{4}").as_bytes()).unwrap();
    let mut shown = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    assert!(child.0.wait().unwrap().success(), "{shown}");
    shown
}

#[cfg(unix)]
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
#[cfg(unix)]
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

/// What is written on both outputs with these variables, in pipes.
fn with(variables: &[(&str, &str)], arguments: &[&str], input: &str) -> String {
    let mut command = command(arguments);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm");
    command.envs(variables.iter().copied());
    let run = run(command, input.as_bytes());
    run.out + &run.err
}

#[test]
fn there_is_colour_in_a_pipe_only_if_it_is_forced() {
    let cases: [(&[(&str, &str)], bool); 5] = [
        (&[], false),
        (&[("CLICOLOR", "1")], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "0")], false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ];
    for (variables, is_coloured) in cases {
        let error = with(variables, &["inspect", "/no/such/file"], "");
        assert_eq!(error.starts_with("\u{1b}[1;31merror:\u{1b}[0m "), is_coloured, "{variables:?}: {error:?}");
        assert!(is_coloured || !error.contains('\u{1b}'), "{variables:?}: {error:?}");
        let json = with(variables, &["inspect", "-", "--json"], &device());
        assert!(!json.contains('\u{1b}'), "{variables:?}: {json:?}");
    }
}

#[cfg(unix)]
#[test]
#[ignore = "needs script"]
fn a_terminal_has_colour_unless_it_is_not_wanted() {
    let scratch = Scratch::new();
    let key = scratch.write("device.key", KEY);
    let token = run(command(&["token", "-"]), device().as_bytes()).done().out;
    let token = scratch.write("token", token);
    let arguments = ["verify-token", "--key-file", &key, &token];
    let shown = |variables: &[(&str, &str)]| on_a_terminal_with(variables, &arguments, "");
    assert!(shown(&[("TERM", "xterm")]).contains("\u{1b}[1;32mvalid\u{1b}[0m"));
    for variables in [[("TERM", "dumb")], [("NO_COLOR", "1")], [("CLICOLOR", "0")]] {
        let shown = shown(&variables);
        assert!(shown.contains("verdict") && !shown.contains('\u{1b}'), "{variables:?}: {shown:?}");
    }
}
