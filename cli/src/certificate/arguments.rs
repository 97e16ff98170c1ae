//! The command line of `defenderauth certificate`.

use super::ids;
use crate::{arguments::unix_time, source::Source, unlock::Unlock};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use defender_auth::{
    UnixTime,
    identity::{DeviceId, ModuleId, RegistrationId},
};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a certificate as the services will: exit status 0 usable, 1 it will be refused, 2 it cannot be read
    Check(Check),
    /// Create a certificate and its key, for testing
    #[command(subcommand)]
    New(New),
    /// Prove possession of a CA's key to a service: create a certificate with the service's code, signed by the CA
    ///
    /// The key of this certificate is discarded: it is not needed.
    Verification(Verification),
}

#[derive(Args)]
pub(crate) struct Check {
    /// The certificate in PEM, leaf first, then its intermediates; or all of it with its key in a .pfx
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: PathBuf,
    /// Its private key in PEM, to check whether they belong together
    #[arg(long, value_name = "PEM")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// The root or intermediate of an enrollment group in PEM, to check whether the chain leads there. Repeated, one for
    /// each group: to find the one that it leads to
    #[arg(long, value_name = "PEM")]
    pub(crate) group_ca: Vec<PathBuf>,
    /// The device ID at the hub that the certificate is for
    #[arg(long, value_name = "ID", conflicts_with = "registration_id")]
    pub(crate) device_id: Option<DeviceId>,
    /// The module ID that the certificate is for: its common name is DEVICE/MODULE
    #[arg(long, value_name = "ID", requires = "device_id", conflicts_with = "central")]
    pub(crate) module_id: Option<ModuleId>,
    /// The registration ID that the certificate is for
    #[arg(long, value_name = "ID")]
    pub(crate) registration_id: Option<RegistrationId>,
    /// Check for an individual enrollment of IoT Central, which has additional rules
    #[arg(long, requires = "device_id")]
    pub(crate) central: bool,
    /// The time of the check in seconds since 1970 [default: now]
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    pub(crate) now: Option<UnixTime>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum New {
    /// A root: a self-signed CA (`root.pem`, `root.key.pem`)
    Root(NewRoot),
    /// A CA signed by another CA (`intermediate.pem`, `intermediate.key.pem`)
    Intermediate(NewIntermediate),
    /// A device's certificate signed by a CA (`certificate_public.pem`, `certificate_private.pem`)
    Device(NewDevice),
    /// A device's self-signed certificate, which a service identifies by its thumbprint (`certificate_public.pem`,
    /// `certificate_private.pem`)
    SelfSigned(NewSelfSigned),
}

#[derive(Args)]
pub(crate) struct NewRoot {
    /// The common name of the CA
    #[arg(long, value_name = "NAME", value_parser = ids::common_name)]
    pub(crate) common_name: String,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Args)]
pub(crate) struct NewIntermediate {
    /// The common name of the CA
    #[arg(long, value_name = "NAME", value_parser = ids::common_name)]
    pub(crate) common_name: String,
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Args)]
pub(crate) struct NewDevice {
    #[command(flatten)]
    pub(crate) who: Who,
    /// A module of the device: the common name is DEVICE/MODULE
    #[arg(long, value_name = "ID")]
    pub(crate) module_id: Option<ModuleId>,
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Args)]
pub(crate) struct NewSelfSigned {
    #[command(flatten)]
    pub(crate) who: Who,
    /// A module of the device: the common name is DEVICE/MODULE
    #[arg(long, value_name = "ID")]
    pub(crate) module_id: Option<ModuleId>,
    #[command(flatten)]
    pub(crate) making: Making,
}

/// Whose certificate.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Who {
    /// The device ID or the registration ID: the certificate's common name
    #[arg(long, value_name = "ID", visible_aliases = ["registration-id", "common-name"], value_parser = ids::device_id)]
    pub(crate) device_id: Option<DeviceId>,
    /// Device IDs, one a line: each device gets a folder of its name in --out-dir, and a line `id,SHA-1,SHA-256` here
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["certificate", "key"])]
    pub(crate) ids: Option<Source>,
}

/// The CA that signs.
#[derive(Args)]
pub(crate) struct Signer {
    /// The CA that signs, in PEM, then the CAs between it and the root
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: PathBuf,
    /// The CA's key, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_key: PathBuf,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
}

/// How and where.
#[derive(Args)]
#[command(group = ArgGroup::new("where").required(true).args(["out_dir", "certificate"]))]
pub(crate) struct Making {
    /// The kind of key. Not RSA: the cryptography of this command signs with RSA keys, but does not generate them
    #[arg(long, value_enum, default_value = "p256")]
    pub(crate) algorithm: Algorithm,
    /// Days of validity, from now on [default: 365 for a CA, 30 for a device]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: Option<u32>,
    /// Put certificate and key into this folder, under the usual names
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Write the certificate, then the CAs between it and the root, to this file
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// Write the key to this file (mode 0600)
    #[arg(long, value_name = "FILE", requires = "certificate", conflicts_with = "out_dir")]
    pub(crate) key: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Args)]
#[command(group = ArgGroup::new("where").required(true).args(["out_dir", "certificate"]))]
pub(crate) struct Verification {
    /// The verification code that the service shows for the CA
    #[arg(long, value_name = "CODE", value_parser = ids::code)]
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) signer: Signer,
    /// Days of validity, from now on
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// Put it into this folder, as `verification.pem`
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

/// What kind of key.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Algorithm {
    /// ECDSA with P-256
    P256,
    /// ECDSA with P-384
    P384,
    /// Ed25519; a service may support RSA and ECDSA only
    Ed25519,
}
