//! From an enrollment group's key to a security module that is logged in: `cargo run --example provision_group`.
//!
//! Everything happens on this machine: provisioning service and hub are the project's emulator, started in this very
//! process.

use defender_auth::{
    Outcome, Plan, SharedAccessKey, UnixTime, device_mode::Target, dps::Profile, https::Client,
    identity::RegistrationId, mqtt::Connect, tls::Roots,
};
use defender_auth_emulator::{Dps, Emulator, Group, Hub, Module, World};
use defender_auth_mqtt::{Dial, Session};
use std::{
    error::Error,
    fs,
    io::Read as _,
    time::{Duration, SystemTime},
};

const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. What the operator does: a hub, and an enrollment group with a key");
    let group_key = new_key()?;
    let group = Group::new("fleet", group_key.to_base64().expose()).pending(2);
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne00000A0A").group(group));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse()?)?;

    println!("2. What the maker does, far from any device: derive the key of one");
    let id: RegistrationId = "pump-17".parse()?;
    let device_key = group_key.derive(&id);

    println!("3. What the device knows: ID scope, registration ID, its key. It finds its hub");
    // A real device needs neither: Client::new() trusts the system's roots and finds the services by their names.
    let at = [DPS, HUB].map(|host| Ok::<_, Box<dyn Error>>((host.parse()?, cloud.https_address())));
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at.into_iter().collect::<Result<_, _>>()?)?;
    let plan = Plan::provision(Profile::new("0ne00000A0A".parse()?, id), device_key)?;
    let device = client.authenticate(&plan)?;
    println!("   authenticated as {}", device.identity());

    println!("4. What the cloud does: give the new device a security module");
    let module = Module::new("azureiotsecurity", new_key()?.to_base64().expose());
    cloud.add_module(HUB, "pump-17", module)?;

    println!("5. What the agent does at every start: look up the hub, then its module there");
    let me = client.authenticate(&plan.lookup_only(true)?.in_device_mode(Target::default())?)?;
    println!("   authenticated as {}", me.identity());

    println!("6. … and log in as the module, over MQTT and TLS");
    log_in(&me, &cloud)?;
    for entry in cloud.journal().entries() {
        println!("   the cloud says: {entry}");
    }
    println!("Done. Next: defenderauth provision --help, for your own ID scope.");
    Ok(())
}

fn log_in(me: &Outcome, cloud: &Emulator) -> Result<(), Box<dyn Error>> {
    let login = Connect::hub(me.identity(), None);
    let now = UnixTime::from(SystemTime::now());
    let token = me.password(now + TOKEN_LIFE).into_token().ok_or("this identity uses no token")?;
    println!("   client ID {}, user name {}", login.client_id, login.user_name);
    Session::open(&login, &token, &Dial::at(cloud.address()), Roots::Pem(cloud.root_pem().as_bytes()))?.close();
    Ok(())
}

/// The library has no source of randomness; the program brings it.
fn new_key() -> Result<SharedAccessKey, Box<dyn Error>> {
    let mut entropy = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut entropy)?;
    Ok(SharedAccessKey::generate(&entropy)?)
}
