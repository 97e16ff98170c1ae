//! What the processes do that are searched. They know secrets from files only, and drop all that they have.

use crate::process::{folder, wait_to_be_searched};
use defender_auth::{
    Authenticator, ConnectionString, Event, Now, Plan, SharedAccessKey, UnixTime,
    agent::{self, Passphrase},
    credential::CertificateRequest,
    device_mode::Target,
    dps::Profile,
    http::Response,
    https::Client,
    key::GroupKey,
    mqtt::Connect,
    private_key::MemoryKey,
    sas::{Resource, SasToken, Signer, StringToSign},
    tls::{Roots, client_config_with},
    wait::TimeLimit,
};
use defender_auth_mqtt::{Dial, Session};
use std::{fs::File, hint::black_box, io::Read as _, net::SocketAddr, path::PathBuf, time::Duration};
use zeroize::Zeroizing;

/// When tokens end that others are to know.
pub(crate) const EXPIRY: UnixTime = UnixTime::from_secs(1_900_000_000);

pub(crate) fn play(part: &str) {
    match part {
        "control" => control(),
        "keys" => keys(),
        "flow" => flow(),
        "https" => https(),
        "mqtt" => mqtt(),
        "tpm" => crate::tpm::registers(),
        "pem" => pem(),
        "pkcs12" => pkcs12(),
        "certificate" => certificate(),
        _ => panic!("{part}"),
    }
    wait_to_be_searched();
}

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(folder()).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// A secret as a caller should read it: into memory of its size, which is wiped.
pub(crate) fn secret(name: &str) -> Zeroizing<Vec<u8>> {
    let mut file = File::open(path(name)).unwrap();
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()]);
    file.read_exact(&mut bytes).unwrap();
    bytes
}

/// What a careless program leaves behind: every form, kept and freed.
fn control() {
    let key = std::fs::read(path("key")).unwrap();
    for form in crate::forms::Secret::key("", &key).forms() {
        drop(black_box(form.bytes.clone()));
        std::mem::forget(form.bytes);
    }
}

/// The key of a connection string, a key file and a group, and every use of them.
fn keys() {
    let loaded = agent::load(path("connection_string.txt")).unwrap();
    let me = loaded.plan.outcome().unwrap();
    let token = me.password(EXPIRY).into_token().unwrap();
    let string = ConnectionString::new(me.identity().clone(), me.credential().clone()).unwrap();
    assert!(ConnectionString::parse(string.expose().expose()).is_ok());
    let resource = Resource::of(me.identity());
    let (key, _) = agent::key_file(path("key.txt")).unwrap();
    let signer = Signer::new(&key, &resource);
    let mut buffer = Zeroizing::new([0; 256]);
    let length = signer.token_into(EXPIRY, &mut *buffer).unwrap();
    assert_eq!(signer.token(EXPIRY).expose().as_bytes(), &buffer[..length]);
    let other = StringToSign::new(resource, EXPIRY).sign_with(&key);
    let read = SasToken::parse(other.expose()).unwrap();
    assert_eq!(read.verify(&key, EXPIRY, Duration::from_secs(1)), Ok(()));
    assert!(token.verify(&key, EXPIRY, Duration::from_secs(1)).is_err());
    let id = "dev-01".parse().unwrap();
    let (group, _) = agent::key_file(path("group.txt")).unwrap();
    let prepared = GroupKey::new(&group);
    assert_eq!(prepared.derive(&id), group.derive(&id));
    assert_eq!(prepared.derive(&id).sign(b"x"), group.derive(&id).sign(b"x"));
    let generated = SharedAccessKey::generate(&secret("entropy")).unwrap();
    assert_eq!(generated.to_base64().expose().len(), 44);
    assert!(agent::key_file(path("key.txt")).is_ok());
    assert!(agent::key_file(path("broken.txt")).is_err());
}

/// A whole chain whose answers come from files.
fn flow() {
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
    let (key, _) = agent::key_file(path("key.txt")).unwrap();
    let plan = Plan::provision(profile, key).unwrap().in_device_mode(Target::default()).unwrap();
    let now = Now { wall: UnixTime::from_secs(1_700_000_000), monotonic: Duration::ZERO };
    let limit = TimeLimit::from(Duration::from_secs(60)).with_token_lifetime(EXPIRY.since(now.wall));
    let mut auth = Authenticator::new(&plan, now, limit);
    for name in ["assigned.json", "module.json"] {
        auth.handle(now, Event::Answered(Response::new(200, &secret(name)))).unwrap();
    }
    let me = auth.into_outcome().unwrap();
    assert!(me.password(EXPIRY).into_token().is_some());
}

/// Provisioning and Device mode with the library's own client.
fn https() {
    let client = Client::with(Roots::Pem(text("roots.pem").as_bytes()), Vec::new()).unwrap();
    let address: SocketAddr = text("https").parse().unwrap();
    let client = client.connect_to(address.ip().to_string(), address.port());
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
    let (key, _) = agent::key_file(path("key.txt")).unwrap();
    let plan = Plan::provision(profile, key).unwrap().in_device_mode(Target::default()).unwrap();
    let now = Now { wall: std::time::SystemTime::now().into(), monotonic: Duration::ZERO };
    let limit = TimeLimit::from(Duration::from_secs(600)).with_token_lifetime(EXPIRY.since(now.wall));
    let mut auth = Authenticator::new(&plan, now, limit);
    client.run(&mut auth).unwrap();
    let me = auth.into_outcome().unwrap();
    assert!(me.identity().module_id().is_some());
    let loaded = agent::load(path("LocalConfiguration.json")).unwrap();
    let mut auth = Authenticator::new(&loaded.plan, now, limit);
    client.run(&mut auth).unwrap();
}

/// A login with a token.
fn mqtt() {
    let loaded = agent::load(path("connection_string.txt")).unwrap();
    let me = loaded.plan.outcome().unwrap();
    let token = me.password(EXPIRY).into_token().unwrap();
    let dial = Dial::at(text("mqtt").parse().unwrap());
    let roots = text("roots.pem");
    Session::open(&Connect::hub(me.identity(), None), &token, &dial, Roots::Pem(roots.as_bytes())).unwrap().close();
}

/// Every form of a key in PEM.
fn pem() {
    let (passphrase, _) = Passphrase::open(path("passphrase.txt")).unwrap();
    for name in ["rsa.pem", "sec1.pem", "pkcs8.pem", "encrypted.pem", "ed25519.pem"] {
        let (key, _) = agent::private_key_file(path(name), Some(&passphrase)).unwrap();
        assert!(key.to_pem().expose().contains("PRIVATE KEY"));
        match MemoryKey::new(&key) {
            Ok(key) => assert!(CertificateRequest::sign("dev-01", &key).is_ok()),
            Err(_) => assert_eq!(name, "ed25519.pem"),
        }
        drop(key.clone());
    }
    let (pair, _) = agent::certificate_files(path("certificate.pem"), path("pkcs8.pem"), None).unwrap();
    drop(pair.clone());
}

fn pkcs12() {
    let (identity, _) = agent::identity_file(path("identity.pfx"), None).unwrap();
    drop(identity.into_client_certificate());
    // A key that is written again with its public half, and one behind a password.
    drop(agent::private_key_file(path("no-public.pem"), None).unwrap());
    let (passphrase, _) = agent::Passphrase::open(path("passphrase.txt")).unwrap();
    let (identity, _) = agent::identity_file(path("password.pfx"), Some(&passphrase)).unwrap();
    drop(identity.into_client_certificate());
}

/// A certificate in rustls's hands, and in those of the library's client.
fn certificate() {
    let (certificate, _) = agent::certificate_files(path("certificate.pem"), path("pkcs8.pem"), None).unwrap();
    drop(client_config_with(Roots::Azure, &certificate).unwrap());
    let client = Client::with(Roots::Pem(text("roots.pem").as_bytes()), Vec::new()).unwrap();
    let address: SocketAddr = text("https").parse().unwrap();
    let client = client.connect_to(address.ip().to_string(), address.port());
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
    client.authenticate(&Plan::provision(profile, certificate).unwrap()).unwrap();
}
