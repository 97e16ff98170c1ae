//! The emulator by itself, for a second terminal.

#![forbid(unsafe_code)]

use clap::Parser;
use defender_auth_emulator::{Config, Device, Emulator, Hub, Module};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::{
    error::Error,
    fs,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

/// A loopback IoT Hub to authenticate against. It says on standard error whom it accepts, whom it refuses, and why.
///
/// Without a configuration it plays one hub with one device and one security module, with keys made at start, and
/// writes the folder of a micro agent that can log in there.
#[derive(Parser)]
#[command(version, about, long_about = None, verbatim_doc_comment)]
struct Arguments {
    /// What the hubs know, as TOML (emulator/sample.toml shows how)
    config: Option<PathBuf>,
    /// Where to listen; port 0 has the system assign one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// Where to write the root certificate to trust, ca.pem, and the micro agent's folder, agent/
    #[arg(long, default_value = "target/emulator", value_name = "DIR")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(&arguments.folder)?;
    let agent = arguments.folder.join("agent");
    let (hubs, agent) = match &arguments.config {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
            (Config::parse(&text)?.hubs, "AGENT".into())
        }
        None => (vec![sample(&agent)?], agent.display().to_string()),
    };
    let hosts: Vec<String> = hubs.iter().map(|hub| hub.host_name().to_owned()).collect();
    let emulator = Emulator::start_aloud(hubs, arguments.listen)?;
    let root = arguments.folder.join("ca.pem");
    fs::write(&root, emulator.root_pem())?;
    for host in hosts {
        println!("{host} is at {}; its root certificate is {}", emulator.address(), root.display());
        println!("try: cargo run -p defender-auth-cli -- authenticate {agent} --connect \\");
        println!("       --ca-file {} --endpoint {host}={}", root.display(), emulator.address());
    }
    println!("stop it with Ctrl-C");
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

/// One hub, one device, one security module, and the folder of its agent.
fn sample(agent: &Path) -> Result<Hub, Box<dyn Error>> {
    const HOST: &str = "contoso.azure-devices.net";
    let (device_key, module_key) = (new_key()?, new_key()?);
    fs::create_dir_all(agent)?;
    let text = format!("HostName={HOST};DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={module_key}\n");
    write_private(&agent.join("connection_string.txt"), &text)?;
    Ok(Hub::new(HOST).device(Device::new("dev-01", &device_key).module(Module::new("azureiotsecurity", &module_key))))
}

fn new_key() -> Result<String, Box<dyn Error>> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "the system has no random bytes")?;
    Ok(data_encoding::BASE64.encode(&bytes))
}

/// A file that only its owner may read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
