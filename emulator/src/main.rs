//! The emulator as a program, for a second terminal.

#![forbid(unsafe_code)]

use clap::{Parser, ValueEnum};
use defender_auth_emulator::{Config, Device, Dps, Emulator, Group, Hub, Module, Proxy, TlsVersions, World};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::{
    error::Error,
    fs,
    io::{self, BufRead as _, Read as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

/// A loopback emulator of IoT Hub and the Device Provisioning Service. It writes to standard error which logins and requests
/// it accepts and which it refuses, with the reason.
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
/// With --control it reads orders from standard input, one per line, and answers each on standard output with `ok` or with
/// `error: ` and the reason.
#[derive(Parser)]
#[command(version, after_help = orders())]
struct Arguments {
    /// The hubs, the provisioning service and the faults, as TOML (see emulator/sample.toml)
    config: Option<PathBuf>,
    /// The loopback address for MQTT; port 0 stands for a free port
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// The loopback address for HTTPS; unless given, a free port of the address for MQTT
    #[arg(long, value_name = "ADDR:PORT")]
    https: Option<SocketAddr>,
    /// The folder for the root certificate to trust, ca.pem, and the sample's files, agent/ and dev-02.key
    #[arg(long, default_value = "target/emulator", value_name = "DIR")]
    folder: PathBuf,
    /// The versions of TLS; by-name has 1.2 for a hub's classic name and the provisioning service, and 1.3 for a hub's name
    /// with .device.
    #[arg(long, value_enum, default_value = "all", value_name = "VERSIONS")]
    tls: Tls,
    /// A loopback address for an HTTP proxy that leads here (CONNECT to port 443 or 8883 of any host); port 0 stands for a
    /// free port
    #[arg(long, value_name = "ADDR:PORT")]
    proxy: Option<SocketAddr>,
    /// The file with the login that the proxy requires, USER:PASSWORD
    #[arg(long, value_name = "FILE", requires = "proxy")]
    proxy_login_file: Option<PathBuf>,
    /// How many connections may be open at a time, for each protocol
    #[arg(long, default_value_t = World::CONNECTIONS, value_name = "N")]
    connections: usize,
    /// Read orders from standard input, which change keys, devices, enrollments, faults and the clock
    #[arg(long)]
    control: bool,
}

/// The versions of TLS.
#[derive(Clone, Copy, ValueEnum)]
enum Tls {
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

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(&arguments.folder)?;
    let agent = arguments.folder.join("agent");
    let (config, agent, key) = if let Some(path) = &arguments.config {
        let text = read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        (Config::parse(&text)?, "AGENT".into(), "KEY".into())
    } else {
        let key = arguments.folder.join(DEVICE_FILE);
        (sample(&key, &agent)?, agent.display().to_string(), key.display().to_string())
    };
    let hosts: Vec<Vec<String>> = config.hubs.iter().map(|hub| hub.names().collect()).collect();
    let dps = config.dps.as_ref().map(|dps| (dps.host_name().to_owned(), dps.id_scope().to_owned()));
    let world = World::from(config).tls(arguments.tls.into()).connections(arguments.connections);
    let world = arguments.https.map_or(world.clone(), |address| world.https_at(address));
    let emulator = Emulator::play_aloud(world, arguments.listen)?;
    let root = arguments.folder.join("ca.pem");
    fs::write(&root, emulator.root_pem())?;
    let (mqtt, https) = (emulator.address(), emulator.https_address());
    print(&format!("the root certificate to trust is {}", root.display()));
    // Dropped at the end.
    let _proxy = proxy(arguments, &emulator)?;
    for names in hosts {
        let Some(host) = names.first() else { continue };
        print(&format!("{host} is at {mqtt} for MQTT and at {https} for HTTPS"));
        for other in names.iter().skip(1) {
            print(&format!("{other} is the same hub"));
        }
        print(&format!(
            "try: cargo run -p defender-auth-cli -- authenticate {agent} --connect --ca-file {} \\",
            root.display()
        ));
        print(&format!("       --endpoint {host}:443={https} --endpoint {host}:8883={mqtt}"));
    }
    if let Some((host, scope)) = dps {
        print(&format!("{host} is at {https} for HTTPS and at {mqtt} for MQTT; its ID scope is {scope}"));
        print(&format!(
            "try: cargo run -p defender-auth-cli -- provision --id-scope {scope} --registration-id dev-02 \\"
        ));
        print(&format!("       --key-file {key} --ca-file {} --endpoint {host}={https}", root.display()));
    }
    print("press Ctrl-C to stop");
    if arguments.control {
        carry_out_orders(&emulator);
    }
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

/// The proxy that the arguments request.
fn proxy(arguments: &Arguments, emulator: &Emulator) -> Result<Option<Proxy>, Box<dyn Error>> {
    let Some(at) = arguments.proxy else { return Ok(None) };
    let login = match &arguments.proxy_login_file {
        Some(path) => {
            let text = read(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let login = text.trim_end_matches(['\r', '\n']).to_owned();
            if !login.contains(':') || login.contains(char::is_control) {
                return Err(format!("{} must contain USER:PASSWORD, on one line", path.display()).into());
            }
            Some(login)
        }
        None => None,
    };
    let proxy = emulator.proxy_at(at, login.as_deref()).map_err(|error| format!("the proxy at {at}: {error}"))?;
    let user = if login.is_some() { "USER:PASSWORD@" } else { "" };
    print(&format!("the proxy is at {0}: set HTTPS_PROXY=http://{user}{0}, and leave out --endpoint", proxy.address()));
    Ok(Some(proxy))
}

/// Carries out the orders of standard input until its end.
fn carry_out_orders(emulator: &Emulator) {
    for line in io::stdin().lock().lines() {
        match line.map(|line| emulator.order(&line)) {
            Ok(Ok(())) => print("ok"),
            Ok(Err(error)) => print(&format!("error: {error}")),
            Err(error) => return print(&format!("error: standard input cannot be read: {error}")),
        }
    }
}

/// Prints a line. An output that cannot be written or that nobody reads does not end the emulator.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The text of a configuration. A file that is too long is read one byte beyond the limit.
fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(Config::LIMIT as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// The file with the key of the sample's device that can be provisioned.
const DEVICE_FILE: &str = "dev-02.key";

/// One hub, one device, one security module, the folder of its agent, and an enrollment group with the key of one device.
fn sample(key: &Path, agent: &Path) -> Result<Config, Box<dyn Error>> {
    const HOST: &str = "contoso.azure-devices.net";
    let (device_key, module_key, group_key) = (new_key()?, new_key()?, new_key()?);
    fs::create_dir_all(agent)?;
    let text = format!("HostName={HOST};DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={module_key}\n");
    write_private(&agent.join("connection_string.txt"), &text)?;
    let derived = Group::device_key(&group_key, "dev-02").ok_or("the group's key is not base64")?;
    write_private(key, &format!("{derived}\n"))?;
    let device = Device::new("dev-01", &device_key).module(Module::new("azureiotsecurity", &module_key));
    let dps = Dps::new("0ne00000A0A").group(Group::new("fleet", &group_key));
    let mut config = Config::default();
    config.hubs.push(Hub::new(HOST).device(device));
    config.dps = Some(dps);
    Ok(config)
}

fn new_key() -> Result<String, Box<dyn Error>> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "the system has no random bytes")?;
    Ok(data_encoding::BASE64.encode(&bytes))
}

/// Writes a file with mode 0600.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
