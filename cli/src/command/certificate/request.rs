//! `defenderauth certificate request`

use super::ids;
use crate::{
    files::certificate_pair::Target,
    private_key::{name, options::Unlock},
    terminal::{failure::Failure, output},
};
use clap::{Args, ValueEnum};
use defender_auth::{credential::CertificateRequest, private_key::Location};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Request {
    /// The common name: the registration ID, or the device ID
    #[arg(long, value_name = "NAME", visible_aliases = ["registration-id", "device-id"], value_parser = ids::common_name)]
    common_name: String,
    /// The private key: a file (PEM, also of a TPM), tpm:file=PATH, tpm:handle=0x81000005, keyd:id=KEY, pkcs11:… or unix:SOCKET
    #[arg(long, value_name = "FILE|URI", alias = "key", value_parser = name::parser())]
    key_file: Location,
    #[command(flatten)]
    unlock: Unlock,
    /// The form of the request
    #[arg(long, value_enum, default_value = "pem")]
    form: Form,
    /// Write the request to this file, and not to standard output
    #[arg(long, value_name = "FILE", required_if_eq("form", "der"))]
    out: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "out")]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    common_name: &'a str,
    /// In PEM, whatever form a file gets.
    request: String,
    /// The file that it was written to.
    file: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// PEM
    Pem,
    /// DER in base64 on one line, as services take it in JSON
    Base64,
    /// DER, into a file only
    Der,
}

pub(super) fn run(arguments: &Request) -> Result<(), Failure> {
    let target = arguments.out.clone().map(|out| Target { certificate: out, key: None });
    if let Some(target) = &target {
        let inputs: Vec<_> = name::file(&arguments.key_file).into_iter().collect();
        target.check(arguments.force, &inputs)?;
    }
    let key = arguments.unlock.read(Some(&arguments.key_file))?.open(&arguments.key_file)?.into_private_key()?;
    let request = CertificateRequest::sign(&arguments.common_name, &*key)
        .map_err(|error| Failure::at(&arguments.key_file, error))?;
    let text = match arguments.form {
        Form::Pem => request.to_pem(),
        Form::Base64 => request.to_base64() + "\n",
        Form::Der => String::new(),
    };
    match target {
        None if arguments.json => {}
        None => return output::line(text.trim_end()),
        Some(target) if arguments.form == Form::Der => target.write(request.as_der(), b"", arguments.force)?,
        Some(target) => target.write(text.as_bytes(), b"", arguments.force)?,
    }
    if !arguments.json {
        return Ok(());
    }
    output::json(&Report {
        common_name: &arguments.common_name,
        request: request.to_pem(),
        file: arguments.out.as_ref().map(|path| path.display().to_string()),
    })
}
