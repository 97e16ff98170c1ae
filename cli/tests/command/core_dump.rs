//! A command that crashes while it has a key.

use crate::ended::Ended;
use std::{
    fs,
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// The limits of a process for its core dumps: the one that holds, and the highest that it may set.
fn limits(process: u32) -> Vec<String> {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    line.split_whitespace().take(2).map(Into::into).collect()
}

#[test]
fn it_leaves_no_core_dump() {
    // It waits for the rest of a connection string, and may dump whatever its user may.
    let raise = ["sh", "-c", "ulimit -S -c $(ulimit -H -c) && exec \"$@\"", "sh"];
    let mut command = crate::support::started_by(&raise, &["inspect".into(), "-".into()]);
    let mut child = Ended(command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap());
    child.0.stdin.as_mut().unwrap().write_all(crate::support::device().as_bytes()).unwrap();
    let is_off = |limit: &String| limit == "0" || limit == "1";
    for _ in 0..1000 {
        if limits(child.0.id()).iter().all(is_off) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    assert!(limits(child.0.id()).iter().all(is_off), "{:?}", limits(child.0.id()));

    let crash = Command::new("sh").args(["-c", &format!("kill -ABRT {}", child.0.id())]).status().unwrap();
    assert!(crash.success());
    let status = child.0.wait().unwrap();
    assert!(status.signal().is_some() && !status.core_dumped(), "{status}");
}
