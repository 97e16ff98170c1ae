//! A hub, a micro agent's folder, and an agent that logs in: `cargo run --example quickstart`.
//!
//! Everything happens on this machine: the hub is the project's emulator, started in this very process.

use defender_auth::{
    Outcome, SharedAccessKey, UnixTime, agent,
    mqtt::Connect,
    sas::{Renewal, SasToken},
    tls::Roots,
    wait::Readable,
};
use defender_auth_emulator::{Device, Emulator, Hub, Module};
use defender_auth_mqtt::{Dial, Session};
use std::{
    error::Error,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

const HOST: &str = "contoso.azure-devices.net";
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. What the operator does: a device with a security module, and the module's key");
    let key = new_key()?;
    let module = Module::new("azureiotsecurity", key.to_base64().expose());
    let device = Device::new("dev-01", new_key()?.to_base64().expose()).module(module);
    let emulator = Emulator::start([Hub::new(HOST).device(device)], "127.0.0.1:0".parse()?)?;
    println!("   {HOST} is played at {}", emulator.address());

    println!("2. What the installer does: the micro agent's folder");
    let folder = Folder::new(&key)?;
    println!("   {} holds HostName=…;DeviceId=…;ModuleId=…;SharedAccessKey=(hidden)", agent::CONNECTION_STRING);

    println!("3. What the agent does at start: read the folder");
    let loaded = agent::load(&folder.0)?;
    loaded.findings.iter().for_each(|finding| println!("   noticed: {finding}"));
    let me = loaded.plan.outcome().ok_or("this plan needs network requests")?;
    println!("   authenticated as {}", me.identity());

    println!("4. … make a token");
    let now = UnixTime::from(SystemTime::now());
    let token = me.password(now + HOUR).into_token().ok_or("this identity uses no token")?;
    println!("   valid for {} until {} (signature hidden)", token.resource(), token.expires_at());
    let renewal = Renewal::of(now, token.expires_at()).wait(now);
    println!("   due for renewal in {} to {}", Readable(renewal.at_least), Readable(renewal.at_most));

    println!("5. … and log in over MQTT and TLS");
    log_in(me, &token, &emulator)?;
    for entry in emulator.journal().entries() {
        println!("   the hub says: {entry}");
    }
    println!("Done. Next: defenderauth --help, and the same with your own hub and folder.");
    Ok(())
}

fn log_in(me: &Outcome, token: &SasToken, emulator: &Emulator) -> Result<(), Box<dyn Error>> {
    let login = Connect::hub(me.identity(), None);
    println!("   host {}, client ID {}", login.host, login.client_id);
    println!("   user name {}", login.user_name);
    // A real agent dials the host itself and trusts the system's roots: Dial::host(), Roots::Platform.
    let roots = Roots::Pem(emulator.root_pem().as_bytes());
    Session::open(&login, token, &Dial::at(emulator.address()), roots)?.close();
    Ok(())
}

/// The library has no source of randomness; the program brings it.
fn new_key() -> Result<SharedAccessKey, Box<dyn Error>> {
    let mut entropy = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut entropy)?;
    Ok(SharedAccessKey::generate(&entropy)?)
}

/// A micro agent's folder, removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(key: &SharedAccessKey) -> Result<Self, Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("defender-auth-quickstart-{}", std::process::id()));
        fs::create_dir(&path)?;
        let this = Self(path);
        let text = format!(
            "HostName={HOST};DeviceId=dev-01;ModuleId=azureiotsecurity;SharedAccessKey={}\n",
            key.to_base64().expose()
        );
        private_file(&this.0.join(agent::CONNECTION_STRING))?.write_all(text.as_bytes())?;
        Ok(this)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A new file that only its owner may read.
fn private_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
