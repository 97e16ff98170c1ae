//! Processes that are killed while a key is loaded.

use super::{assert_signs, shared};
use crate::swtpm::Swtpm;
use defender_auth::{
    error::TpmKeyKind,
    key::{PrivateKey as _, SignatureScheme},
    private_key::TpmKey,
    tpm::{self, Endpoint, KeyFile, Parent, SharedTpm},
};
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

/// Where a process that is to be killed finds the TPM and the key.
const ENDPOINT: &str = "DEFENDERAUTH_TEST_ENDPOINT";
const FILE: &str = "DEFENDERAUTH_TEST_KEY_FILE";
const NAME: &str = "tls_key::killed::signs_until_it_is_killed";
const READY: &str = "it has signed";

/// Not a test by itself: the process that the other test kills.
#[test]
#[ignore = "needs swtpm"]
fn signs_until_it_is_killed() {
    let (Ok(endpoint), Ok(file)) = (env::var(ENDPOINT), env::var(FILE)) else { return };
    let tpm = SharedTpm::new(tpm::open(&endpoint.parse::<Endpoint>().unwrap()).unwrap());
    let key = TpmKey::open(&tpm, &KeyFile::from_pem(&fs::read(file).unwrap()).unwrap(), None).unwrap();
    // Ends after a while, when nothing kills it.
    for number in 0..200_000 {
        key.sign(SignatureScheme::EcdsaP256Sha256, b"x").unwrap();
        if number == 0 {
            println!("{READY}");
        }
    }
}

#[test]
#[ignore = "needs swtpm"]
fn what_three_killed_processes_leave_does_not_stop_the_next() {
    let swtpm = Swtpm::new();
    let file = swtpm.client().create_key(TpmKeyKind::P256, Parent::StorageRoot, None).unwrap();
    let path = swtpm.write("key.pem", file.to_pem().as_bytes());
    for _ in 0..3 {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([NAME, "--exact", "--ignored", "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.env(ENDPOINT, swtpm.endpoint().to_string()).env(FILE, &path).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_ready = lines.any(|line| line.unwrap().contains(READY));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(is_ready);
    }
    let tpm = shared(&swtpm);
    let key = TpmKey::open(&tpm, &file, None).unwrap();
    assert_signs(&swtpm, &key);
    drop((key, tpm));
    // The leftovers are flushed when their room is required.
    assert!(swtpm.handles("transient").len() < 3);
}
