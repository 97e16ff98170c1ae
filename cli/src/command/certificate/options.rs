//! Arguments that several certificates have in common.

use super::ids;
use crate::{
    input::{shard::Shard, source::Source},
    private_key::{name, options::Unlock},
};
use clap::{ArgGroup, Args, ValueEnum};
use defender_auth::{identity::DeviceId, private_key::Location};
use std::{
    iter,
    path::{Path, PathBuf},
};

/// The subject of a device's certificate.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Subject {
    /// The device ID or the registration ID: the certificate's common name
    #[arg(long, value_name = "ID", visible_aliases = ["registration-id", "common-name"], value_parser = ids::device_id)]
    pub(super) device_id: Option<DeviceId>,
    /// A list of device IDs, one per line: each device gets a folder of that name in --out-dir, and a line
    /// `id,SHA-1,SHA-256` on standard output, or with --json a document on a line
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["cert_file", "key_file"])]
    pub(super) ids: Option<Source>,
}

/// How a list is worked on.
#[derive(Args, Clone, Copy)]
pub(super) struct Batch {
    /// Make those of part K of N of the list only, for other machines to make the others
    #[arg(long, value_name = "K/N", conflicts_with = "device_id")]
    pub(super) shard: Option<Shard>,
    /// Continue after an interruption: those that were made are kept, and their lines are printed again
    #[arg(long, conflicts_with_all = ["device_id", "force"])]
    pub(super) resume: bool,
}

/// The CA that signs.
#[derive(Args)]
pub(super) struct Signer {
    /// The certificate of the CA that signs, in PEM, followed by the CAs up to the root
    #[arg(long, alias = "ca", value_name = "PEM")]
    pub(super) sign_with: PathBuf,
    /// The CA's private key: a file (PEM, also of a TPM), tpm:file=PATH, tpm:handle=0x81000005, keyd:id=KEY, pkcs11:… or unix:SOCKET
    #[arg(long, alias = "ca-key", value_name = "FILE|URI", value_parser = name::parser())]
    pub(super) sign_key: Location,
    #[command(flatten)]
    pub(super) unlock: Unlock,
}

impl Signer {
    /// The files that it is read from.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> {
        iter::once(self.sign_with.as_path()).chain(name::file(&self.sign_key))
    }
}

/// Key, lifetime and files.
#[derive(Args)]
#[command(group = ArgGroup::new("where").required(true).args(["out_dir", "cert_file"]))]
pub(super) struct Making {
    /// The algorithm of the key. RSA keys can sign here, but cannot be generated
    #[arg(long, value_enum, default_value = "p256")]
    pub(super) algorithm: Algorithm,
    /// The number of days until the certificate expires [default: 365 for a CA, 30 for a device]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) days: Option<u32>,
    /// Write certificate and key to this folder, under the usual names
    #[arg(long, value_name = "DIR")]
    pub(super) out_dir: Option<PathBuf>,
    /// Write the certificate, followed by the CAs up to the root, to this file
    #[arg(long, alias = "certificate", value_name = "FILE", requires = "key_file")]
    pub(super) cert_file: Option<PathBuf>,
    /// Write the private key to this file, which only its owner can read
    #[arg(long, alias = "key", value_name = "FILE", requires = "cert_file", conflicts_with = "out_dir")]
    pub(super) key_file: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub(super) force: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// The algorithm of a key.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Algorithm {
    /// ECDSA with P-256
    P256,
    /// ECDSA with P-384
    P384,
    /// Ed25519; some services support RSA and ECDSA only
    Ed25519,
}
