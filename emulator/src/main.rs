//! The emulator by itself, for a second terminal.

#![forbid(unsafe_code)]

use clap::Parser;
use defender_auth_emulator::{Config, Device, Dps, Emulator, Group, Hub, Module, World};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::{
    error::Error,
    fs,
    io::{Read as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

/// A loopback IoT Hub and provisioning service to authenticate against. It says on standard error whom it accepts, whom
/// it refuses, and why.
///
/// Without a configuration it plays one hub with one device and one security module, and a provisioning service with one
/// group of devices, with keys made at start. It writes the folder of a micro agent that can log in there, and the key of
/// a device of the group.
#[derive(Parser)]
#[command(version, about, long_about = None, verbatim_doc_comment)]
struct Arguments {
    /// What the services know, as TOML (emulator/sample.toml shows how)
    config: Option<PathBuf>,
    /// Where to listen for MQTT; port 0 has the system assign one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// Where to listen for HTTPS; a free port beside MQTT unless given
    #[arg(long, value_name = "ADDR:PORT")]
    https: Option<SocketAddr>,
    /// Where to write the root certificate to trust, ca.pem, and the sample's files, agent/ and dev-02.key
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
    let (config, agent, key) = if let Some(path) = &arguments.config {
        let text = read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        (Config::parse(&text)?, "AGENT".into(), "KEY".into())
    } else {
        let key = arguments.folder.join(DEVICE_FILE);
        (sample(&key, &agent)?, agent.display().to_string(), key.display().to_string())
    };
    let hosts: Vec<String> = config.hubs.iter().map(|hub| hub.host_name().to_owned()).collect();
    let dps = config.dps.as_ref().map(|dps| (dps.host_name().to_owned(), dps.id_scope().to_owned()));
    let world = World::from(config);
    let world = arguments.https.map_or(world.clone(), |address| world.https_at(address));
    let emulator = Emulator::play_aloud(world, arguments.listen)?;
    let root = arguments.folder.join("ca.pem");
    fs::write(&root, emulator.root_pem())?;
    let (mqtt, https) = (emulator.address(), emulator.https_address());
    println!("the root certificate to trust is {}", root.display());
    for host in hosts {
        println!("{host} is at {mqtt} for MQTT and at {https} for HTTPS");
        println!(
            "try: cargo run -p defender-auth-cli -- authenticate {agent} --connect --ca-file {} \\",
            root.display()
        );
        println!("       --endpoint {host}:443={https} --endpoint {host}:8883={mqtt}");
    }
    if let Some((host, scope)) = dps {
        println!("{host} is at {https} for HTTPS and at {mqtt} for MQTT; its ID scope is {scope}");
        println!("try: cargo run -p defender-auth-cli -- provision --id-scope {scope} --registration-id dev-02 \\");
        println!("       --key-file {key} --ca-file {} --endpoint {host}={https}", root.display());
    }
    println!("stop it with Ctrl-C");
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

/// A configuration's text, and no more of a larger file than shows that it is too long.
fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(Config::LIMIT as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// The key of the sample's device that may provision itself.
const DEVICE_FILE: &str = "dev-02.key";

/// One hub, one device, one security module, the folder of its agent, and a group with the key of one of its devices.
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
    Ok(Config { hubs: vec![Hub::new(HOST).device(device)], dps: Some(dps) })
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
