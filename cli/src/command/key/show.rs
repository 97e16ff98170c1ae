//! `defenderauth key show`

use crate::{
    private_key::{name, options::Unlock},
    terminal::{failure::Failure, output},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use defender_auth::{
    key::SignatureScheme::{self, RsaPssSha256, RsaPssSha384, RsaPssSha512},
    private_key::{Location, OpenedKey},
};
use serde::Serialize;
use x509_parser::{prelude::FromDer as _, public_key::PublicKey, x509::SubjectPublicKeyInfo};

#[derive(Args)]
pub(crate) struct Show {
    /// The private key: a file (PEM, also of a TPM), tpm:file=PATH, tpm:handle=0x81000005, keyd:id=KEY, pkcs11:… or unix:SOCKET
    #[arg(value_name = "FILE|URI", value_parser = name::parser())]
    key: Location,
    #[command(flatten)]
    unlock: Unlock,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    /// The name by which it was opened.
    key: String,
    place: &'static str,
    kind: String,
    /// Those with which it signed just now, or that the process that holds it offers; the most wanted first.
    schemes: Vec<&'static str>,
    /// How RSASSA-PSS is padded. `null` for a key that has none.
    pss_salt: Option<&'static str>,
    /// The `SubjectPublicKeyInfo` in DER.
    public_key: String,
}

pub(super) fn run(arguments: &Show) -> Result<(), Failure> {
    let opened = arguments.unlock.read(Some(&arguments.key))?.open(&arguments.key)?;
    report(&arguments.key, opened, arguments.json)
}

/// Shows a key that was opened.
pub(super) fn report(location: &Location, opened: OpenedKey, as_json: bool) -> Result<(), Failure> {
    let (is_in_memory, pads_in_software) = (opened.in_memory_of_process().is_some(), opened.pads_in_software());
    let key = opened.into_private_key()?;
    let is_pss = |scheme: &&SignatureScheme| matches!(scheme, RsaPssSha256 | RsaPssSha384 | RsaPssSha512);
    let report =
        Report {
            key: location.to_string(),
            place: match location {
                Location::File(_) if is_in_memory => "file",
                Location::Process(_) => "process",
                Location::Keyd { .. } => "keyd",
                Location::Token(_) => "token",
                _ => "TPM",
            },
            kind: kind(key.public_key()),
            schemes: key.schemes().iter().map(|scheme| scheme.as_str()).collect(),
            pss_salt: key.schemes().iter().find(is_pss).map(|_| {
                if pads_in_software { "as long as the hash, padded in software" } else { "as long as the hash" }
            }),
            public_key: STANDARD.encode(key.public_key()),
        };
    if as_json { output::json(&report) } else { report.print() }
}

impl Report {
    fn print(&self) -> Result<(), Failure> {
        let is_rsa = self.kind.starts_with("RSA");
        let without = is_rsa.then_some("none: the key signs with RSASSA-PKCS1-v1_5 only, and so with TLS 1.2 only");
        output::table(&[
            ("key", Some(&self.key)),
            ("place", Some(self.place)),
            ("kind", Some(&self.kind)),
            ("schemes", Some(&self.schemes.join(", "))),
            ("PSS salt", self.pss_salt.or(without)),
            ("public key", Some(&self.public_key)),
        ])
    }
}

/// The kind of a public key.
fn kind(info: &[u8]) -> String {
    let parsed = SubjectPublicKeyInfo::from_der(info);
    match parsed.as_ref().map(|(_, info)| info.parsed()) {
        Ok(Ok(PublicKey::RSA(key))) => format!("RSA {}", key.key_size()),
        Ok(Ok(PublicKey::EC(point))) => format!("EC P-{}", point.key_size()),
        _ => "unknown".into(),
    }
}
