//! A system without root certificates, simulated in a process of its own.

use defender_auth::{error::TlsError, https::Client};
use std::{env, process::Command};

/// Set in the other process.
const OTHER: &str = "DEFENDER_AUTH_TEST_NO_ROOTS";

#[test]
fn a_system_without_roots_has_no_client() {
    let mut other = Command::new(env::current_exe().unwrap());
    other.args(["--exact", "roots::in_the_other_process"]).env(OTHER, "1");
    let output = other.env("SSL_CERT_FILE", "/dev/null").env_remove("SSL_CERT_DIR").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
}

/// Does nothing unless the test above has started it.
#[test]
fn in_the_other_process() {
    if env::var_os(OTHER).is_some() {
        assert_eq!(Client::new().unwrap_err(), TlsError::NoPlatformRoots.into());
    }
}
