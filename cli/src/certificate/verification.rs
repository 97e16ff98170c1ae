//! `defenderauth certificate verification`

use super::{
    arguments::{Algorithm, Verification},
    authority::Authority,
    files::Target,
    issue::{Kind, Term, make},
    new::{report, warn_of_early_end},
};
use crate::failure::Failure;
use std::path::PathBuf;

const NAME: &str = "verification.pem";

pub(super) fn run(arguments: &Verification) -> Result<(), Failure> {
    let signer = &arguments.signer;
    let mut ca = Authority::load(signer)?;
    // The service has the CA, and takes one certificate.
    ca.chain.clear();
    let term = Term::of(arguments.days)?;
    warn_of_early_end(&ca, term, signer.ca.display());
    let path = arguments.out_dir.as_ref().map(|folder| folder.join(NAME)).or_else(|| arguments.certificate.clone());
    // clap has seen to it that there is one.
    let target = Target { certificate: path.unwrap_or_else(|| PathBuf::from(NAME)), key: None };
    target.check(arguments.force, &[&signer.ca, &signer.ca_key])?;
    let made = make(Kind::Client, &arguments.code, term, Algorithm::P256, Some(&ca))?;
    target.write(&made.certificate, &made.key, arguments.force)?;
    report(&arguments.code, &target, term, &made)
}
