//! Symmetric keys, what is made of them, and who is given it.

use crate::{
    agent::EXPIRY,
    answers::{self, HUB, ID},
    forms::{Secret, random},
    scratch::Scratch,
    tests::leaves,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::SharedAccessKey;
use defender_auth_emulator::{Device, Dps, Emulator, Enrollment, Hub, Module, World};

pub(crate) const SCOPE: &str = "0ne00000A0A";

pub(crate) fn sign(key: &[u8], text: &str) -> Vec<u8> {
    SharedAccessKey::from_bytes(key).unwrap().sign(text.as_bytes()).as_bytes().to_vec()
}

pub(crate) fn token_of(name: &str, key: &[u8], resource: &str) -> Secret {
    let text = format!("{}\n{}", resource.replace('/', "%2F"), EXPIRY.as_secs());
    Secret::other(name, &sign(key, &text))
}

pub(crate) fn keys() {
    let folder = Scratch::new();
    let [string, key, group, entropy] = [(); 4].map(|()| random());
    folder.write(
        "connection_string.txt",
        format!("HostName={HUB};DeviceId={ID};SharedAccessKey={}\n", STANDARD.encode(string)),
    );
    folder.write("key.txt", STANDARD.encode(key));
    folder.write("broken.txt", STANDARD.encode(key) + "!");
    folder.write("group.txt", STANDARD.encode(group));
    folder.write("entropy", entropy);
    let resource = format!("{HUB}/devices/{ID}");
    let derived = sign(&group, ID);
    leaves(
        "keys",
        &folder,
        &[
            Secret::key("connection string", &string),
            Secret::key("key file", &key),
            Secret::key("group key", &group),
            Secret::key("derived key", &derived),
            Secret::key("generated key", &entropy),
            token_of("token of connection string", &string, &resource),
            token_of("token of key file", &key, &resource),
        ],
        &[],
    );
}

pub(crate) fn flow() {
    let folder = Scratch::new();
    let [device, module, second, custom] = [(); 4].map(|()| random());
    folder.write("key.txt", STANDARD.encode(device));
    folder.write("assigned.json", answers::assigned(&custom));
    folder.write("module.json", answers::module(&module, &second));
    leaves(
        "flow",
        &folder,
        &[
            Secret::key("device key", &device),
            Secret::key("module key", &module),
            Secret::key("second module key", &second),
            Secret::other("custom data", &custom),
            token_of("registration token", &device, &format!("{SCOPE}/registrations/{ID}")),
            token_of("device token", &device, &format!("{HUB}/devices/{ID}")),
            token_of("module token", &module, &format!("{HUB}/devices/{ID}/modules/azureiotsecurity")),
        ],
        &[],
    );
}

pub(crate) fn tpm() {
    let folder = Scratch::new();
    let [owner, endorsement, inner] = [(); 3].map(|()| random());
    folder.write("owner", owner);
    folder.write("endorsement", endorsement);
    folder.write("inner-key", inner);
    leaves(
        "tpm",
        &folder,
        &[
            Secret::other("owner's password", &owner),
            Secret::other("endorsement password", &endorsement),
            Secret::other("inner key", &inner),
        ],
        &[],
    );
}

pub(crate) fn play(world: World, folder: &Scratch) -> Emulator {
    let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
    folder.write("roots.pem", cloud.root_pem());
    folder.write("https", cloud.https_address().to_string());
    folder.write("mqtt", cloud.address().to_string());
    cloud
}

pub(crate) fn https() {
    let folder = Scratch::new();
    let [device, module] = [(); 2].map(|()| random());
    let (device_text, module_text) = (STANDARD.encode(device), STANDARD.encode(module));
    folder.write("key.txt", &device_text);
    folder.write("LocalConfiguration.json", answers::configuration("key.txt"));
    let hub = Hub::new(HUB).device(Device::new(ID, &device_text).module(Module::new("azureiotsecurity", &module_text)));
    let dps = Dps::new(SCOPE).enrollment(Enrollment::new(ID, &device_text).pending(0));
    let _cloud = play(World::new().hub(hub).dps(dps), &folder);
    leaves(
        "https",
        &folder,
        &[
            Secret::key("device key", &device),
            Secret::key("module key", &module),
            token_of("token", &device, &format!("{SCOPE}/registrations/{ID}")),
            token_of("token", &device, &format!("{HUB}/devices/{ID}")),
        ],
        &["module key", "token"],
    );
}

pub(crate) fn mqtt() {
    let folder = Scratch::new();
    let key = random();
    let text = STANDARD.encode(key);
    folder.write("connection_string.txt", format!("HostName={HUB};DeviceId={ID};SharedAccessKey={text}"));
    let _cloud = play(World::new().hub(Hub::new(HUB).device(Device::new(ID, &text))), &folder);
    leaves(
        "mqtt",
        &folder,
        &[Secret::key("key", &key), token_of("token", &key, &format!("{HUB}/devices/{ID}"))],
        &["token"],
    );
}
