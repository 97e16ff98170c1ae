//! The command line.

use clap::{Parser, ValueEnum};
use defender_auth_emulator::{Emulator, TlsVersions, World};
use std::{net::SocketAddr, path::PathBuf};

/// Loopback emulator of Azure IoT Hub and its Device Provisioning Service
///
/// It writes to standard error which logins and requests it accepts and which it refuses, with the reason.
///
/// Without a configuration it emulates one hub with one device and one security module, and a provisioning service with one
/// enrollment group, with new keys at each start. It writes the folder of a micro agent that can log in there, and the key of
/// a device of the group.
///
/// A configuration can also request faults of the services, such as a 429 with Retry-After, a truncated body or a delay:
/// see [[fault]] in emulator/sample.toml. Other faults are a busy hub (CONNACK 3), a server certificate that has expired, is
/// not yet valid, is for another host or has another root, an answer without TLS, and an alert that rejects the client's
/// certificate.
///
/// Ctrl-C ends it.
#[cfg_attr(
    not(windows),
    doc = "SIGHUP has it read the configuration again; devices that stay keep their twins and connections. SIGTERM ends it."
)]
///
/// With --control it reads orders from standard input, one per line, and answers each on standard output with `ok` or with
/// `error: ` and the reason.
#[derive(Parser)]
#[command(version, after_help = orders())]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Arguments {
    /// The hubs, the provisioning service and the faults, as TOML (see emulator/sample.toml)
    pub(crate) config: Option<PathBuf>,
    /// The address for MQTT, a loopback address without --remote; port 0 stands for a free port
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    pub(crate) listen: SocketAddr,
    /// The address for HTTPS; unless given, a free port of the address for MQTT
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) https: Option<SocketAddr>,
    /// The folder for the root certificate to trust, ca.pem, and the sample's files, agent/ and dev-02.key
    #[arg(long, default_value = "target/emulator", value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The folder that keeps the root and its key, ca.pem and ca.key, from one start to the next; unless given, the root is
    /// another one at each start
    #[arg(long, value_name = "DIR")]
    pub(crate) ca_dir: Option<PathBuf>,
    /// The address for the admin API and its page, over HTTP and without a login; a loopback address without --remote
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) admin: Option<SocketAddr>,
    /// Permit addresses that other machines reach, such as 0.0.0.0 in a container. The emulator has keys for tests: use it in
    /// a network that is trusted
    #[arg(long)]
    pub(crate) remote: bool,
    /// A file that is written, as a whole, once clients can connect: JSON with the process ID, the addresses and the path of
    /// the root certificate
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Print that JSON, on one line, in the place of the lines for people
    #[arg(long)]
    pub(crate) json: bool,
    /// The versions of TLS; by-name has 1.2 for a hub's classic name and the provisioning service, and 1.3 for a hub's name
    /// with .device.
    #[arg(long, value_enum, default_value = "all", value_name = "VERSIONS")]
    pub(crate) tls: Tls,
    /// A loopback address for an HTTP proxy that leads here (CONNECT to port 443 or 8883 of any host); port 0 stands for a
    /// free port
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) proxy: Option<SocketAddr>,
    /// The file with the login that the proxy requires, USER:PASSWORD
    #[arg(long, value_name = "FILE", requires = "proxy")]
    pub(crate) proxy_login_file: Option<PathBuf>,
    /// How many connections may be open at a time, for each protocol
    #[arg(long, default_value_t = World::CONNECTIONS, value_name = "N")]
    pub(crate) connections: usize,
    /// Read orders from standard input, which change keys, devices, enrollments, faults and the clock
    #[arg(long)]
    pub(crate) control: bool,
    /// Print this as a manual page, for packages
    #[arg(long, exclusive = true)]
    pub(crate) man: bool,
}

/// The versions of TLS.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Tls {
    /// 1.2 and 1.3
    All,
    /// 1.2 only
    #[value(name = "1.2")]
    Only12,
    /// 1.3 only
    #[value(name = "1.3")]
    Only13,
    /// By the name that the client gives
    ByName,
}

impl From<Tls> for TlsVersions {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::All => Self::All,
            Tls::Only12 => Self::Tls12,
            Tls::Only13 => Self::Tls13,
            Tls::ByName => Self::ByName,
        }
    }
}

/// The orders of `--control` for the help text.
fn orders() -> String {
    format!("Orders for --control:\n  {}", Emulator::ORDERS.join("\n  "))
}
