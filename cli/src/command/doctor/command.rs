//! The command that a step says to type next, for each system its own: for a POSIX shell, or for PowerShell.

use crate::{system::platform::Platform, terminal::shell::quoted};
use std::net::SocketAddr;

/// What the command does.
pub(super) enum Command<'a> {
    /// Sets the clock by a time server, and shows how that went.
    SetClock,
    /// Looks a name up, as programs do.
    LookUp(&'a str),
    /// Opens a connection.
    Connect(SocketAddr),
    /// Shows the environment variables that name a proxy.
    ProxyVariables,
    /// Shows those that name root certificates.
    RootVariables,
    /// Shows the system's root certificates.
    Roots,
    /// Makes a TLS handshake with a host, of which this is the place or an address in its stead.
    Handshake { host: &'a str, port: u16, at: String },
    /// Sends a request without TLS.
    Plain(&'a str),
    /// Shows the file of a socket.
    Socket(&'a str),
    /// Shows the sockets of the identity service, and who this user is.
    Daemons,
    /// Shows whether there is a TPM, and who this user is.
    Tpm,
    /// Shows the result of the TPM's self-test.
    SelfTest,
}

impl Command<'_> {
    /// The line to type on a system.
    pub(super) fn on(&self, platform: Platform) -> String {
        let either = |unix: &str, windows: &str| platform.choose(unix, windows).to_owned();
        match self {
            Self::SetClock => either("timedatectl set-ntp true && timedatectl timesync-status", "w32tm /resync"),
            Self::LookUp(name) => format!("{} {name}", platform.choose("getent ahosts", "Resolve-DnsName")),
            Self::Connect(address) => {
                let (ip, port) = (address.ip(), address.port());
                match platform {
                    Platform::Unix => format!("nc -vz -w 5 {ip} {port}"),
                    Platform::Windows => format!("Test-NetConnection {ip} -Port {port}"),
                }
            }
            Self::ProxyVariables => either("env | grep -i _proxy", "Get-ChildItem Env:*_proxy"),
            Self::RootVariables => either("env | grep SSL_CERT", "Get-ChildItem Env:SSL_CERT*"),
            Self::Roots => either("ls -l /etc/ssl/certs/ca-certificates.crt", r"Get-ChildItem Cert:\LocalMachine\Root"),
            Self::Handshake { host, port, at } => match platform {
                Platform::Unix => format!("openssl s_client -connect {at} -servername {host} -showcerts </dev/null"),
                Platform::Windows => format!("curl.exe -v --connect-to ::{at} https://{host}:{port}/"),
            },
            Self::Plain(host) => format!("{} -v http://{host}/", platform.choose("curl", "curl.exe")),
            Self::Socket(path) => format!("{} {}", platform.choose("ls -l", "Get-Item"), quoted(path)),
            Self::Daemons => either("ls -l /run/aziot && id", "defenderauth doctor --help"),
            Self::Tpm => either("ls -l /dev/tpm* && id", "tpmtool getdeviceinformation"),
            Self::SelfTest => either("tpm2_gettestresult", "Get-Tpm"),
        }
    }
}

/// For the system that this program was built for.
impl From<Command<'_>> for String {
    fn from(command: Command<'_>) -> Self {
        command.on(Platform::THIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::platform::foreign;

    #[test]
    fn each_system_is_told_its_own_commands() {
        let at = SocketAddr::from(([127, 0, 0, 1], 8883));
        for command in [
            Command::SetClock,
            Command::LookUp("h.example"),
            Command::Connect(at),
            Command::ProxyVariables,
            Command::RootVariables,
            Command::Roots,
            Command::Handshake { host: "h.example", port: 8883, at: at.to_string() },
            Command::Plain("h.example"),
            Command::Socket("a.sock"),
            Command::Daemons,
            Command::Tpm,
            Command::SelfTest,
        ] {
            let [unix, windows] = [Platform::Unix, Platform::Windows].map(|platform| {
                let line = command.on(platform);
                assert_eq!(foreign(&line, platform), None, "on {platform:?}: {line}");
                line
            });
            assert_ne!(unix, windows);
        }
    }

    #[test]
    fn a_handshake_on_windows_goes_to_the_address_and_names_the_host() {
        let command = Command::Handshake { host: "h.example", port: 8883, at: "127.0.0.1:1".into() };
        let line = command.on(Platform::Windows);
        assert_eq!(line, "curl.exe -v --connect-to ::127.0.0.1:1 https://h.example:8883/");
    }
}
