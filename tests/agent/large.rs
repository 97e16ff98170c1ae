//! Files of a gibibyte: they cost no more memory than the limit of their kind.

use super::{C_AGENT, JSON, MICRO, Scratch, XML};
use allocation_counter::measure;
use defender_auth::{
    Error,
    agent::{Passphrase, load},
    error::FileProblem,
};
use std::fs::File;

/// A gibibyte of zeros, which takes no room on the disk.
fn gibibyte(folder: &Scratch, name: &str) -> String {
    let path = folder.path(name);
    File::create(&path).unwrap().set_len(1 << 30).unwrap();
    path
}

/// The memory for the rest: a configuration that names the file, and the error.
const BESIDE: usize = 128 * 1024;

/// A file is refused as too large, and takes no more memory than its limit.
#[track_caller]
fn costs<T>(limit: usize, read: impl FnOnce() -> Result<T, Error>) {
    let mut result = None;
    let used = measure(|| result = Some(read().map(drop)));
    let error = result.unwrap().unwrap_err();
    let Error::File(error) = error.inner() else { panic!("{error}") };
    assert_eq!(error.problem, FileProblem::TooLarge { limit });
    assert!(used.bytes_max < (limit + BESIDE) as u64, "{} bytes for {limit}", used.bytes_max);
}

#[test]
fn a_gibibyte_costs_no_more_than_the_limit_of_a_file() {
    for name in [MICRO, JSON, XML] {
        let folder = Scratch::new();
        gibibyte(&folder, name);
        costs(65_536, || load(folder.folder()));
    }
    let folder = Scratch::new();
    folder.write(JSON, C_AGENT);
    gibibyte(&folder, "key.txt");
    costs(4096, || load(folder.folder()));
    let passphrase = gibibyte(&folder, "passphrase.txt");
    costs(1024, || Passphrase::open(&passphrase));
}

#[cfg(feature = "x509")]
#[test]
fn a_gibibyte_costs_no_more_than_the_limit_of_a_certificate() {
    use defender_auth::{
        agent::{chain_file, identity_file, private_key_file},
        x509::SIZE_LIMIT,
    };
    let folder = Scratch::new();
    let [pem, pfx] = ["certificate.pem", "certificate.pfx"].map(|name| gibibyte(&folder, name));
    costs(SIZE_LIMIT, || chain_file(&pem));
    costs(SIZE_LIMIT, || private_key_file(&pem, None));
    costs(SIZE_LIMIT, || identity_file(&pem, None));
    costs(SIZE_LIMIT, || identity_file(&pfx, None));
}
