//! `defenderauth certificate status`

use crate::{
    certificates::{kept::Kept, shown::Shown},
    input::time,
    terminal::{clock, failure::Failure, output},
};
use clap::Args;
use defender_auth::{
    UnixTime, agent,
    error::{CertificateError, CertificateProblem},
};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Status {
    /// The folder that `provision --request-certificate` has filled, a micro agent's folder, or a certificate in PEM
    #[arg(value_name = "DIR|FILE")]
    source: PathBuf,
    /// The time of the check: RFC 3339, or seconds since 1970 [default: the system clock]
    #[arg(long, value_name = "TIME", value_parser = time::time)]
    now: Option<UnixTime>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Status) -> Result<(), Failure> {
    let now = arguments.now.unwrap_or_else(clock::now);
    let shown = match Kept::find(&arguments.source)? {
        Some(kept) => kept.show(now).ok_or_else(|| {
            let what = "its certificate has not come yet; run `defenderauth provision` again as before";
            Failure::at(arguments.source.display(), what)
        })?,
        None => of_files(&arguments.source, now)?,
    };
    let reported = if arguments.json { output::json(&shown) } else { shown.print(now) };
    reported?;
    if shown.is_due { Err(Failure::NotValid) } else { Ok(()) }
}

/// The certificate of a PEM file, or of a micro agent's folder.
fn of_files(source: &Path, now: UnixTime) -> Result<Shown, Failure> {
    let is_folder = source.is_dir();
    let path = if is_folder { source.join(agent::CERTIFICATE) } else { source.to_owned() };
    let chain = agent::chain_file(&path)?;
    let leaf = chain.certificates().first();
    let leaf = leaf.ok_or(CertificateError::from(CertificateProblem::NoCertificate))?;
    let key = is_folder.then(|| source.join(agent::PRIVATE_KEY)).filter(|key| key.exists());
    Ok(Shown::of(leaf, key.map(|key| key.display().to_string()), None, now))
}
