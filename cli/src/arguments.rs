//! The command line. Keys come from files or standard input only: arguments are seen by every user of a system.

use crate::{
    certificate, clock,
    endpoint::{Endpoint, ServiceEndpoint},
    source::Source,
    tpm::{self, Tpm},
    unlock::Unlock,
    who::Who,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use defender_auth::{
    UnixTime,
    identity::{DeviceId, HostName, IdScope, ModuleId, RegistrationId},
};
use std::{path::PathBuf, time::Duration};

/// Who is this device, and how does it prove it to Azure IoT Hub?
///
/// FILE|DIR is what an agent has on disk: the micro agent's folder (or the connection string file in it), the C
/// agent's `LocalConfiguration.json`, or the C# agent's `Authentication.config`. `-` is a connection string on standard input.
/// A device whose key is in a TPM 2.0 has nothing on disk: `--tpm` stands for it.
#[derive(Parser)]
#[command(
    name = "defenderauth",
    version,
    after_help = "\
Exit status: 0 done, 1 the service said no (or was not reached), 2 the input or the call is wrong.
Start with `defenderauth inspect DIR`: it needs no network and never shows a key."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what it is: host, device, module, gateway, kind of credential; never the key
    Inspect(Inspect),
    /// Print a SAS token and nothing else
    Token(Token),
    /// Say what a SAS token is good for, and whether it holds (exit 0), does not (1) or cannot be read (2)
    VerifyToken(VerifyToken),
    /// Derive device keys from the key of an enrollment group, as DPS and IoT Central do
    DeriveKey(DeriveKey),
    /// Run an agent's configuration (Device mode and lookups included), and with --connect log in at the hub
    Authenticate(Authenticate),
    /// Register a device with the provisioning service, and say which hub is its own
    Provision(Provision),
    /// Authenticate, fetch the security module's twin and print the configuration that is in force
    Twin(Twin),
    /// Check a certificate, or make some for testing
    #[command(subcommand)]
    Certificate(certificate::Command),
    /// Say what a TPM 2.0 is enrolled by
    #[command(subcommand)]
    Tpm(tpm::Command),
}

#[derive(Args)]
pub(crate) struct Inspect {
    /// What to look at
    #[arg(value_name = "FILE|DIR|-")]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("whose").required(true).args(["source", "host_name"]))]
pub(crate) struct Token {
    /// Whose token to make
    #[arg(value_name = "FILE|DIR|-", conflicts_with_all = ["tpm", "tpm_setup", "device_id", "module_id"])]
    pub(crate) source: Option<Source>,
    #[command(flatten)]
    pub(crate) tpm: Tpm,
    /// With --tpm: the hub for which the TPM has the key
    #[arg(long, value_name = "HOST", requires_all = ["tpm", "device_id"])]
    pub(crate) host_name: Option<HostName>,
    /// The device's name there
    #[arg(long, value_name = "ID", requires = "host_name")]
    pub(crate) device_id: Option<DeviceId>,
    /// Its module, if the key is that module's
    #[arg(long, value_name = "ID", requires = "host_name")]
    pub(crate) module_id: Option<ModuleId>,
    #[command(flatten)]
    pub(crate) expiry: Expiry,
    /// The input is a service connection string (a policy's key): make a token for the whole service
    #[arg(long, conflicts_with = "tpm")]
    pub(crate) service: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Expiry {
    /// When it ends, in seconds since 1970
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    expires_at: Option<UnixTime>,
    /// How long it lives from now on: 3600, 90s, 15m, 1h, 1d
    #[arg(long, value_name = "TIME", value_parser = life)]
    ttl: Option<Duration>,
}

impl Expiry {
    pub(crate) fn at(&self) -> UnixTime {
        // One of them is there, or clap would have said so.
        self.expires_at.unwrap_or_else(|| clock::now() + self.ttl.unwrap_or_default())
    }
}

#[derive(Args)]
pub(crate) struct VerifyToken {
    /// The key that should have signed it, in a file of its own
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,
    /// The time to judge the expiry by, in seconds since 1970; else this system's clock
    #[arg(long, value_name = "UNIX", value_parser = unix_time)]
    pub(crate) now: Option<UnixTime>,
    /// How long a token holds after its end, for clocks that differ
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0s")]
    pub(crate) skew: Duration,
    /// The token, or - for standard input
    #[arg(value_name = "TOKEN|-")]
    pub(crate) token: String,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "ids_from"]))]
pub(crate) struct DeriveKey {
    /// The enrollment group's primary or secondary key, in a file of its own
    #[arg(long, value_name = "FILE")]
    pub(crate) group_key_file: PathBuf,
    /// Registration ids, one a line; each gives a line `id,key`
    #[arg(long = "ids", value_name = "FILE|-")]
    pub(crate) ids_from: Option<Source>,
    /// Registration ids: one gives its key alone, several a line `id,key` each
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Authenticate {
    #[command(flatten)]
    pub(crate) who: Who,
    /// Prove it: log in at the hub over MQTT and TLS
    #[arg(long)]
    pub(crate) connect: bool,
    #[command(flatten)]
    pub(crate) network: Network,
    /// With identity DPS: register the device instead of asking where it is registered, which is what the agents do
    #[arg(long)]
    pub(crate) register: bool,
    /// Send this MQTT client id instead of the identity's own, to see what the hub says to it
    #[arg(long, value_name = "ID", requires = "connect")]
    pub(crate) client_id: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Whom to trust; without any of it the system's root certificates.
#[derive(Args)]
pub(crate) struct Trust {
    /// Trust the root certificates in this PEM file and no others
    #[arg(long, value_name = "PEM")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Trust the roots of Azure IoT that are built in, and no others: for a system without certificates
    #[arg(long, conflicts_with = "ca_file")]
    pub(crate) azure_roots: bool,
}

/// Whom to trust, and where to find whom.
#[derive(Args)]
pub(crate) struct Network {
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// Connect to ADDR:PORT when HOST is meant (an emulator, a tunnel); the server must bear HOST's name. HOST:443 means
    /// HTTPS alone and HOST:8883 MQTT alone. May be repeated
    #[arg(long = "endpoint", value_name = "HOST=ADDR:PORT")]
    pub(crate) endpoints: Vec<Endpoint>,
}

#[derive(Args)]
#[command(group = clap::ArgGroup::new("key").required(true).args(["key_file", "group_key_file", "certificate_file", "tpm"]))]
pub(crate) struct Provision {
    /// The ID scope of the provisioning service
    #[arg(long, value_name = "SCOPE")]
    pub(crate) id_scope: IdScope,
    /// The name under which the device registers; with --tpm it may be left out, and is the one that `tpm show` prints
    #[arg(long, value_name = "ID", required_unless_present = "tpm")]
    pub(crate) registration_id: Option<RegistrationId>,
    /// The key of the individual enrollment, or one derived for this registration ID, in a file of its own
    #[arg(long, value_name = "FILE", conflicts_with = "tpm_setup")]
    pub(crate) key_file: Option<PathBuf>,
    /// The key of the enrollment group; the device's key is derived from it. For makers: keep it off the devices
    #[arg(long, value_name = "FILE", conflicts_with = "tpm_setup")]
    pub(crate) group_key_file: Option<PathBuf>,
    /// The device's certificate in PEM, with those that stand behind it, for an enrollment by certificate
    #[arg(long, value_name = "PEM", requires = "private_key_file", conflicts_with = "tpm_setup")]
    pub(crate) certificate_file: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "PEM", requires = "certificate_file")]
    pub(crate) private_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) unlock: Unlock,
    #[command(flatten)]
    pub(crate) tpm: Tpm,
    /// The provisioning service, if it is not the global one: HOST, HOST:PORT, or HOST=ADDR:PORT as elsewhere
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) endpoint: Option<ServiceEndpoint>,
    #[command(flatten)]
    pub(crate) trust: Trust,
    /// The model that the device implements (dtmi:…), by which IoT Central assigns its template
    #[arg(long, value_name = "DTMI", conflicts_with = "payload_file")]
    pub(crate) model_id: Option<String>,
    /// Custom JSON for the allocation
    #[arg(long, value_name = "FILE")]
    pub(crate) payload_file: Option<PathBuf>,
    /// Ask where the device is registered, and do not register it
    #[arg(long, conflicts_with_all = ["model_id", "payload_file"])]
    pub(crate) lookup: bool,
    /// What carries the requests
    #[arg(long, value_enum, default_value = "https")]
    pub(crate) carrier: Carrier,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the device's connection string, key included, to this file (mode 0600; replaced in one step)
    #[arg(long, value_name = "FILE")]
    pub(crate) write_connection_string: Option<PathBuf>,
}

/// What carries the requests of a registration.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Carrier {
    /// HTTPS, port 443
    Https,
    /// MQTT over TLS, port 8883
    Mqtt,
}

#[derive(Args)]
pub(crate) struct Twin {
    #[command(flatten)]
    pub(crate) who: Who,
    #[command(flatten)]
    pub(crate) network: Network,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn unix_time(text: &str) -> Result<UnixTime, String> {
    let secs: u64 = text.parse().map_err(|_| "it is a whole number of seconds since 1970")?;
    if secs > UnixTime::LATEST.as_secs() {
        return Err("it lies after the year 9999; it is in seconds, not milliseconds".into());
    }
    Ok(UnixTime::from_secs(secs))
}

fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(secs) = text.parse() {
        return Ok(Duration::from_secs(secs));
    }
    humantime::parse_duration(text).map_err(|_| "it is a number with a unit: 90s, 15m, 1h, 1d".into())
}

fn life(text: &str) -> Result<Duration, String> {
    let life = duration(text)?;
    if life < Duration::from_secs(1) {
        return Err("a token lives for a second at least".into());
    }
    if clock::now() + life > UnixTime::LATEST {
        return Err("it would end after the year 9999".into());
    }
    Ok(life)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_read_with_and_without_unit() {
        assert_eq!(duration("3600"), Ok(Duration::from_secs(3600)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        assert!(duration("an hour").is_err());
        assert!(life("0").is_err() && life("500ms").is_err());
        assert!(life("1000000000000").is_err());
        assert!(unix_time("1700000000000").is_err(), "milliseconds");
    }
}
