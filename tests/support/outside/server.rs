use super::Authority;
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// The one version of TLS that a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Tls12,
    Tls13,
}

impl Version {
    pub(crate) const BOTH: [Self; 2] = [Self::Tls12, Self::Tls13];

    /// As settings have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }

    /// As openssl's commands have it.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Tls12 => "-tls1_2",
            Self::Tls13 => "-tls1_3",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Tls12 => Self::Tls13,
            Self::Tls13 => Self::Tls12,
        }
    }
}

/// A server's process, ended with this.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Runs the command for an address, and waits until somebody listens there.
    pub(crate) fn start(command: impl Fn(SocketAddr) -> Command) -> Self {
        // Somebody else may take the port before the server does.
        (0..3).find_map(|_| Self::try_start(&command)).unwrap_or_else(|| panic!("the server does not listen"))
    }

    /// openssl's own, which wants a certificate of this authority and shows whom it has seen.
    pub(crate) fn openssl(authority: &Authority, version: Version) -> Self {
        let server = Self::start(|address| Self::openssl_command(authority, version, address));
        server.assert_speaks(version);
        server
    }

    pub(crate) fn openssl_command(authority: &Authority, version: Version, address: SocketAddr) -> Command {
        Self::openssl_with(authority, version.option(), address)
    }

    /// The same with an option for the version.
    pub(crate) fn openssl_with(authority: &Authority, version: &str, address: SocketAddr) -> Command {
        let mut command = Command::new("openssl");
        command.args(["s_server", version, "-accept", &address.to_string(), "-www", "-Verify", "2"]);
        command.args(["-verify_return_error", "-CAfile", "root.pem", "-cert", "server.pem", "-key", "server.key"]);
        command.args(["-no-CApath", "-no-CAstore"]).current_dir(authority.folder.folder());
        command
    }

    fn try_start(command: impl Fn(SocketAddr) -> Command) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = command(address);
        // Debian puts servers where only root's PATH leads.
        command.env("PATH", std::env::var("PATH").unwrap_or_default() + ":/usr/sbin");
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self { process, address };
        server.is_up().then_some(server)
    }

    fn is_up(&mut self) -> bool {
        (0..200).any(|_| {
            let listens = TcpStream::connect(self.address).is_ok();
            if !listens {
                thread::sleep(Duration::from_millis(50));
            }
            listens && self.process.try_wait().unwrap().is_none()
        })
    }

    /// Makes sure that it speaks this version of TLS and not the other, so that an accepted client speaks it too.
    #[track_caller]
    pub(crate) fn assert_speaks(&self, version: Version) {
        let other = version.other().option();
        let mut client = Command::new("openssl");
        client.args(["s_client", other, "-connect", &self.address.to_string()]).stdin(Stdio::null());
        let output = client.output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("alert protocol version"), "{output:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
