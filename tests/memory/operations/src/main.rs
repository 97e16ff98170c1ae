//! Does one operation on a key, drops everything, reports `done` and waits: what its memory holds then was left by this
//! operation, and no later call has overwritten it.
//!
//! The memory test of `defender-auth` builds this program in debug and in release, where the optimiser decides what
//! is left on the stack. The arguments are the operation and a folder with the key and what else it needs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot continue has failed")]

mod operations;

use std::{
    io::{Read as _, Write as _, stdin, stdout},
    path::PathBuf,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().expect("an operation, or `list`");
    if operation == "list" {
        for (name, _) in operations::OPERATIONS {
            println!("{name}");
        }
        return;
    }
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let (_, run) = operations::OPERATIONS.iter().find(|(name, _)| *name == operation).expect("a known operation");
    run(&folder);
    stdout().write_all(b"done").unwrap();
    stdout().flush().unwrap();
    // Until the other end closes.
    let _ = stdin().read(&mut [0]);
}
