//! The command line of `defenderauth certificate`.

use super::ids;
use crate::{arguments::unix_time, source::Source, unlock::Unlock};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use defender_auth::{
    UnixTime,
    identity::{DeviceId, RegistrationId},
};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what the services will say of a certificate: exit status 0 usable, 1 it will be refused, 2 it cannot be read
    Check(Check),
    /// Make a certificate and its key, for testing
    #[command(subcommand)]
    New(New),
    /// Prove to a service that you have a CA's key: a certificate that bears the service's code and the CA's signature
    ///
    /// The key of this certificate is thrown away: nobody needs it.
    Verification(Verification),
}

#[derive(Args)]
pub(crate) struct Check {
    /// The certificate in PEM, with those that stand behind it; or all of it with its key in a .pfx without a password
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: PathBuf,
    /// Its private key in PEM, to see whether they belong together
    #[arg(long, value_name = "PEM")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// The root or intermediate of an enrollment group in PEM, to see whether the chain leads there. Repeated, one for
    /// each group: to see where it leads
    #[arg(long, value_name = "PEM")]
    pub(crate) group_ca: Vec<PathBuf>,
    /// The device at the hub whose certificate it is to be
    #[arg(long, value_name = "ID", conflicts_with = "registration_id")]
    pub(crate) device_id: Option<DeviceId>,
    /// The registration whose certificate it is to be
    #[arg(long, value_name = "ID")]
    pub(crate) registration_id: Option<RegistrationId>,
    /// It is for an individual enrollment of IoT Central, which has rules of its own
    #[arg(long, requires = "device_id")]
    pub(crate) central: bool,
    /// Look at it as of then, in seconds since 1970, not as of now
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    pub(crate) now: Option<UnixTime>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum New {
    /// A root: a CA that signs itself (`root.pem`, `root.key.pem`)
    Root(NewRoot),
    /// A CA that another CA has signed (`intermediate.pem`, `intermediate.key.pem`)
    Intermediate(NewIntermediate),
    /// A device's certificate that a CA has signed (`certificate_public.pem`, `certificate_private.pem`)
    Device(NewDevice),
    /// A device's certificate that signs itself; a service knows it by its thumbprint (`certificate_public.pem`,
    /// `certificate_private.pem`)
    SelfSigned(NewSelfSigned),
}

#[derive(Args)]
pub(crate) struct NewRoot {
    /// Its name
    #[arg(long, value_name = "NAME", value_parser = ids::common_name)]
    pub(crate) common_name: String,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Args)]
pub(crate) struct NewIntermediate {
    /// Its name
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
    #[command(flatten)]
    pub(crate) signer: Signer,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Args)]
pub(crate) struct NewSelfSigned {
    #[command(flatten)]
    pub(crate) who: Who,
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
    /// The CA that signs, in PEM, and behind it the CAs between it and the root
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
    /// What kind of key. RSA is not among them: the cryptography in this command signs with RSA keys and makes none
    #[arg(long, value_enum, default_value = "p256")]
    pub(crate) algorithm: Algorithm,
    /// How many days it is good for, from now on [default: 365 for a CA, 30 for a device]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: Option<u32>,
    /// Put certificate and key into this folder, under the usual names
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Write the certificate, and behind it the CAs between it and the root, to this file
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// Write the key to this file (mode 0600)
    #[arg(long, value_name = "FILE", requires = "certificate", conflicts_with = "out_dir")]
    pub(crate) key: Option<PathBuf>,
    /// Replace files that are there
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
    /// How many days it is good for, from now on
    #[arg(long, value_name = "N", default_value = "30", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    /// Put it into this folder, as `verification.pem`
    #[arg(long, value_name = "DIR")]
    pub(crate) out_dir: Option<PathBuf>,
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Replace a file that is there
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
    /// Ed25519; a service may know RSA and ECDSA only
    Ed25519,
}
