//! Tests in processes of their own: a PIN is tried once in the life of one, a module is initialized once, and modules
//! take their settings from the environment.

use crate::token::{Kind, Token};
use std::{
    env,
    process::{Command, Stdio},
};

/// Where a test's process finds its token.
const PLACE: &str = "TOKEN_OF_THE_TEST";

/// Makes a token, and runs the test of this name with it in another process. The name is the test's own.
pub(crate) fn alone(test: &str, kind: Kind, prepare: impl FnOnce(&Token), run: impl FnOnce(&Token)) {
    if let Ok(place) = env::var(PLACE) {
        return run(&Token::at(kind, place));
    }
    let token = Token::new(kind);
    prepare(&token);
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"]);
    command.env(PLACE, token.folder()).envs(token.environment()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8_lossy(&shown);
    assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
}
