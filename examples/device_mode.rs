//! An agent that owns only its device's key ends up logged in as its security module: `cargo run --example device_mode`.
//!
//! Everything happens on this machine: the hub is the project's emulator, started in this very process.

use defender_auth::{
    Device, Outcome, Plan, SharedAccessKey, UnixTime, device_mode::Target, https::Client, mqtt::Connect, tls::Roots,
};
use defender_auth_emulator::{self as emulator, Emulator, Hub, Module};
use defender_auth_mqtt::{Dial, Session};
use std::{
    error::Error,
    fs,
    io::Read as _,
    time::{Duration, SystemTime},
};

const HOST: &str = "contoso.azure-devices.net";
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. What the hub knows: a device with a security module, each with a key of its own");
    let device_key = new_key()?;
    let module = Module::new("azureiotsecurity", new_key()?.to_base64().expose());
    let device = emulator::Device::new("dev-01", device_key.to_base64().expose()).module(module);
    let hub = Emulator::start([Hub::new(HOST).device(device)], "127.0.0.1:0".parse()?)?;
    // A real agent needs neither: Client::new() trusts the system's roots and finds the hub by its name.
    let (roots, at) = (Roots::Pem(hub.root_pem().as_bytes()), vec![(HOST.parse()?, hub.https_address())]);

    println!("2. What the agent knows: host, device ID and the device's key");
    let device = Device::new(HOST.parse()?, "dev-01".parse()?, device_key);
    let plan = Plan::device(device).in_device_mode(Target::default())?;

    println!("3. It asks the hub, as the device, for the module's identity");
    let me = Client::with(roots, at)?.authenticate(&plan)?;
    println!("   authenticated as {}", me.identity());

    println!("4. … and logs in as the module, over MQTT and TLS");
    log_in(&me, &hub)?;
    for entry in hub.journal().entries() {
        println!("   the hub says: {entry}");
    }
    println!("Done. Next: the same on an async client, cargo run --example async_client.");
    Ok(())
}

fn log_in(me: &Outcome, hub: &Emulator) -> Result<(), Box<dyn Error>> {
    let login = Connect::hub(me.identity(), None);
    let now = UnixTime::from(SystemTime::now());
    let token = me.password(now + TOKEN_LIFE).into_token().ok_or("this identity uses no token")?;
    println!("   client ID {}, user name {}", login.client_id, login.user_name);
    Session::open(&login, &token, &Dial::at(hub.address()), Roots::Pem(hub.root_pem().as_bytes()))?.close();
    Ok(())
}

/// The library has no source of randomness; the program brings it.
fn new_key() -> Result<SharedAccessKey, Box<dyn Error>> {
    let mut entropy = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut entropy)?;
    Ok(SharedAccessKey::generate(&entropy)?)
}
