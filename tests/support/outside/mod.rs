//! Servers and certificates that others made, for whichever test needs them and has `Scratch` at its root.
#![allow(dead_code, unused_imports, reason = "no test file needs all of it")]

mod authority;
mod server;

pub(crate) use authority::{Authority, HUB, KINDS, P256};
pub(crate) use server::{Server, Version};

use std::process::{Command, Output, Stdio};

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?} {output:?}");
    output
}
