//! `defenderauth certificate verification`

use super::{
    authority::{Authority, warn_of_early_expiry},
    ids,
    issue::{Kind, Term, make},
    options::{Algorithm, Signer},
    report,
};
use crate::{files::certificate_pair::Target, terminal::failure::Failure};
use clap::{ArgGroup, Args};
use std::path::PathBuf;

const NAME: &str = "verification.pem";

#[derive(Args)]
#[command(group = ArgGroup::new("where").required(true).args(["out_dir", "cert_file"]))]
pub(crate) struct Verification {
    /// The verification code that the service shows for the CA
    #[arg(long, value_name = "CODE", value_parser = ids::code)]
    code: String,
    #[command(flatten)]
    signer: Signer,
    /// The number of days until the certificate expires
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// Write the certificate to this folder, as `verification.pem`
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Write the certificate to this file
    #[arg(long, alias = "certificate", value_name = "FILE")]
    cert_file: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Verification) -> Result<(), Failure> {
    let signer = &arguments.signer;
    let mut ca = Authority::load(signer)?;
    // The service has the CA, and expects a single certificate.
    ca.issuer.chain.clear();
    let term = Term::of(arguments.days)?;
    warn_of_early_expiry(&ca, term, signer.sign_with.display());
    let path = arguments.out_dir.as_ref().map(|folder| folder.join(NAME)).or_else(|| arguments.cert_file.clone());
    // clap requires one of them.
    let target = Target { certificate: path.unwrap_or_else(|| PathBuf::from(NAME)), key: None };
    target.check(arguments.force, &signer.inputs().collect::<Vec<_>>())?;
    let made = make(Kind::Client, &arguments.code, term, Algorithm::P256, Some(&ca.issuer))?;
    target.write(made.certificate.as_bytes(), made.key.as_bytes(), arguments.force)?;
    report::report(&arguments.code, &target, term, &made, arguments.json)
}
