//! A device with a TPM, from its enrollment to a login at the hub with a key that never leaves the TPM:
//! `cargo run --example tpm_provision`.
//!
//! Everything runs on this machine: the TPM is swtpm, which this program starts and ends; the provisioning service and the
//! hub are the project's emulator in this process.

mod software_tpm;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    Device, Outcome, Password, Plan, UnixTime,
    credential::Credential,
    dps::{Attestation, Profile},
    https::Client,
    key::KeyUse,
    mqtt::Connect,
    tls::Roots,
    tpm::{self, Tpm},
};
use defender_auth_emulator::{Dps, Emulator, Enrollment, Hub, World};
use defender_auth_mqtt::{Dial, Session};
use software_tpm::Software;
use std::{
    error::Error,
    time::{Duration, SystemTime},
};

const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const SCOPE: &str = "0ne00000A0A";
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> Result<(), Box<dyn Error>> {
    println!("1. The manufacturer reads the data of the enrollment from the TPM");
    let software = Software::start()?;
    let mut tpm = tpm::open(&software.endpoint())?;
    let (facts, id) = (tpm.facts()?, tpm.registration_id()?);
    let (endorsement_key, storage_root_key) = (tpm.endorsement_key()?, tpm.storage_root_key()?);
    println!("   manufacturer {}, firmware {}, registration ID {id}", facts.manufacturer, facts.firmware);

    println!("2. The operator creates an individual enrollment with the endorsement key");
    let enrollment = Enrollment::with_endorsement_key(id.as_str(), &STANDARD.encode(&endorsement_key)).pending(1);
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new(SCOPE).enrollment(enrollment));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse()?)?;

    println!("3. The device registers once: it answers the challenge, and imports the hub's key into the TPM");
    let at = vec![(DPS.parse()?, cloud.https_address())];
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at)?;
    let attestation = Attestation::Tpm { endorsement_key, storage_root_key };
    let me = client.authenticate_with(&Plan::provision(Profile::new(SCOPE.parse()?, id), attestation)?, &mut tpm)?;
    println!("   authenticated as {}", me.identity());
    log_in(&me, &mut tpm, &cloud)?;
    tpm.close()?;

    println!("4. The device logs in at every start: the TPM signs the token");
    let mut tpm = tpm::open(&software.endpoint())?;
    let device =
        Device::new(me.identity().hub().clone(), me.identity().device_id().clone(), Credential::ExternalSigner);
    log_in(&device.into(), &mut tpm, &cloud)?;
    for entry in cloud.journal().entries() {
        println!("   the emulator's journal: {entry}");
    }
    println!("Done. Next: `defenderauth tpm show` for your own TPM.");
    Ok(())
}

/// With a token that the TPM signs.
fn log_in(me: &Outcome, tpm: &mut dyn Tpm, cloud: &Emulator) -> Result<(), Box<dyn Error>> {
    let Password::Sign(string) = me.password(UnixTime::from(SystemTime::now()) + HOUR) else {
        return Err("the key is not in the TPM".into());
    };
    let token = string.token(&tpm.sign(KeyUse::Hub, string.as_bytes())?);
    let roots = Roots::Pem(cloud.root_pem().as_bytes());
    Session::open(&Connect::hub(me.identity(), None), &token, &Dial::at(cloud.address()), roots)?.close();
    Ok(())
}
