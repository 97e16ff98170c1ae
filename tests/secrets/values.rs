//! A value of every type that can hold a secret, with one in it.

use crate::{EXPIRY, KEYS, Shown, identity, key, scratch::Scratch, types};
use core::time::Duration;
use defender_auth::{
    Action, Attempt, Authenticator, ConnectionString, Device, Event, Now, Plan, UnixTime, agent,
    connection_string::ServiceConnectionString,
    credential::{CertificateRequest, ClientCertificate, Credential, IssuedChain, Issuer, PolicyKey, SymmetricKeys},
    device_mode::{self, Target},
    dps::{self, Attestation, Profile, Registration},
    error::{AccessError, Hierarchy},
    exchange::Next,
    http::Response,
    https::Client,
    identity::RegistrationIdRef,
    identity_service::{CertifiedAccount, IdentityService},
    key::{DerivedKey, GroupKey},
    local,
    payload::Payload,
    private_key::{Location, MemoryKey, Opener},
    proxy::{Proxies, Proxy},
    renewal::{Certificates, Current, Pending, RecordedKey, Renewal, RequestId},
    sas::{Resource, Signer, StringToSign},
    session::{self, OperationalCertificate, Policy, Session, Source},
    tls::Roots,
    tpm::{TpmClient, Transport},
    workload::Workload,
    x509::ClientIdentity,
};
use defender_auth_emulator as emulator;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const CLOCKS: Now = Now { wall: NOW, monotonic: Duration::ZERO };
const LIMIT: Duration = Duration::from_secs(60);

fn attempt() -> Attempt {
    Attempt::new(CLOCKS, LIMIT)
}

/// Public names that only look as if: types of a private module have the same ones, or are the only ones (`Next`, whose
/// values callers see as a `Step`).
const NAMESAKES: [&str; 5] = ["Agent", "Answer", "Incoming", "Next", "Purpose"];

/// What only a TPM makes: shown in `tpm_keys`.
const OF_A_TPM: [&str; 3] = ["SharedTpm", "SigningKey", "TpmKey"];

/// What only a daemon of this device opens.
const OF_A_DAEMON: &[&str] = if cfg!(target_os = "linux") { &[] } else { &["KeydKey"] };

/// A private key that the other tests have too.
const PEM: [&[u8]; 2] =
    [include_bytes!("../x509/data/p256.certificate.pem"), include_bytes!("../x509/data/p256.pkcs8.pem")];

#[test]
fn every_type_with_a_secret_is_silent() {
    let mut shown = Shown::default();
    credentials(&mut shown);
    files(&mut shown);
    registrations(&mut shown);
    handshakes(&mut shown);
    daemons(&mut shown);
    #[cfg(target_os = "linux")]
    keyd(&mut shown);
    sessions(&mut shown);
    issued(&mut shown);
    proxies(&mut shown);
    let mut tpm = TpmClient::new(Nobody);
    tpm.set_password(Hierarchy::Owner, &KEYS[0]).unwrap();
    shown.debug(&tpm);
    reply(&mut shown);
    shown.assert_silent(&[]);
    let key = base64(PEM[1]);
    assert!(!shown.0.contains(&key[20..60]), "{key}");
    let wanted = types::with_a_secret();
    let elsewhere = [NAMESAKES.as_slice(), &OF_A_TPM, OF_A_DAEMON].concat();
    let missed: Vec<_> = wanted.difference(&shown.1).filter(|name| !elsewhere.contains(&name.as_str())).collect();
    assert!(missed.is_empty() && wanted.len() > 35, "not looked at: {missed:?}");
}

/// The bytes between the lines of a PEM text.
fn base64(pem: &[u8]) -> String {
    std::str::from_utf8(pem).unwrap().lines().filter(|line| !line.starts_with('-')).collect()
}

fn profile() -> Profile {
    let secret = key(1).to_base64();
    let payload = Payload::parse(&format!("\"{}\"", secret.expose())).unwrap();
    Profile::new("0ne00000A0A".parse().unwrap(), "d".parse().unwrap()).with_payload(payload)
}

fn credentials(shown: &mut Shown) {
    let certificate = ClientCertificate::from_der(vec![vec![1]], &KEYS[1], Issuer::SelfSigned);
    let policy_key = PolicyKey { policy: "device".parse().unwrap(), key: key(2) };
    let me = Plan::known(identity(), key(0)).outcome().unwrap().clone();
    let signer: Option<Signer> = me.signer();
    let string = ConnectionString::new(identity(), key(1)).unwrap();
    shown.debug(&(SymmetricKeys::new(key(0), Some(key(1))), policy_key, Credential::from(key(0)), certificate.clone()));
    shown.debug(&(me.password(EXPIRY), me.password(EXPIRY).into_token(), me, signer));
    shown.debug(&(key(0), key(0).sign(b"x"), key(0).to_base64(), GroupKey::new(&key(0)), string));
    shown.debug(&ServiceConnectionString::new("h.net".parse().unwrap(), "p".parse().unwrap(), key(0)));
    shown.debug(&(Target::default().with_certificate(certificate.clone()), Attestation::from(certificate)));
    shown.debug(&(profile(), Attestation::from(key(0))));
    let mut text = [0; DerivedKey::TEXT_LEN];
    GroupKey::new(&key(0)).derive_each([RegistrationIdRef::new("d").unwrap()], |_, derived| {
        shown.debug(derived);
        derived.to_base64(&mut text);
    });
    assert!(!shown.0.contains(str::from_utf8(&text).unwrap()));
    let [certificate, key] = PEM;
    let both = ClientIdentity::from_pem_pair(certificate, key, None).unwrap();
    shown.debug(&(MemoryKey::new(both.key()).unwrap(), both.key().clone(), both));
}

fn files(shown: &mut Shown) {
    let text = format!("HostName=h;DeviceId=d;SharedAccessKey={}", key(0).to_base64().expose());
    let scratch = Scratch::new();
    shown.debug(&agent::load(scratch.write("connection_string.txt", text)).unwrap());
    shown.debug(&agent::Passphrase::new(key(0).to_base64()));
}

/// A session with a key in memory, what it connects with and what it saves.
fn sessions(shown: &mut Shown) {
    let source = Source::new("key", Plan::known(identity(), key(0)));
    shown.debug(&source);
    let now = Now { wall: UnixTime::RELEASE, ..CLOCKS };
    let mut session = Session::new(vec![source], Policy::default(), None, now).unwrap();
    let session::Action::Connect(login) = session.poll() else { panic!("{session:?}") };
    shown.debug(login);
    session.handle(now, session::Event::Connected { date: None }).unwrap();
    let session::Action::Save(snapshot) = session.poll() else { panic!("{session:?}") };
    shown.debug(snapshot);
    shown.debug(&(session.status().to_string(), session));
}

/// What a device keeps of its certificates, the exchange that renews one, and a key that was opened by its name.
fn issued(shown: &mut Shown) {
    let request = || CertificateRequest::from_der(include_bytes!("../flows/data/p384.request.der")).unwrap();
    let rid = || RequestId::from_entropy([7; 16]);
    let mut kept = Certificates::default();
    kept.begin(RecordedKey::pkcs8(&KEYS[0]), request(), rid());
    assert!(kept.issued(IssuedChain::from_der(vec![vec![0x30, 1]]).unwrap()) && kept.accept());
    kept.begin(RecordedKey::pkcs8(&KEYS[1]), request(), rid());
    let current: Option<&Current> = kept.current();
    let pending: Option<&Pending> = kept.pending();
    shown.debug(&(&kept, current, pending, &pending.unwrap().key));
    shown.debug(&Renewal::start(&"d".parse().unwrap(), request(), rid(), CLOCKS, LIMIT));
    let certificate = ClientCertificate::from_der(vec![vec![1]], &KEYS[1], Issuer::Authority);
    shown.debug(&OperationalCertificate::new(certificate, NOW, EXPIRY));
    let scratch = Scratch::new();
    let location: Location = scratch.write("key.pem", PEM[1]).parse().unwrap();
    shown.debug(&Opener::new().open(&location).unwrap());
}

/// A proxy with a password.
fn proxies(shown: &mut Shown) {
    let url = format!("http://user:{}@proxy:8080", key(0).to_base64().expose());
    let proxies = Proxies::new(|name| (name == "https_proxy").then(|| url.clone()));
    let proxy: Option<&Proxy> = proxies.of("h.net", 8883);
    assert!(proxy.is_some());
    shown.debug(&(proxy, &proxies));
}

fn registrations(shown: &mut Shown) {
    let sending = Registration::start(profile(), key(0), CLOCKS, attempt()).unwrap();
    shown.debug(&(sending.request(), &sending));
    let dps::Step::Wait(waiting) = sending.unanswered(CLOCKS).unwrap() else { panic!("it waits") };
    shown.debug(&waiting);
    let tpm = Attestation::Tpm { endorsement_key: vec![1], storage_root_key: vec![2] };
    let sending = Registration::start(profile(), tpm, CLOCKS, attempt()).unwrap();
    // Five fields of one byte.
    let challenge = br#"{"authenticationKey":"AAEBAAEBAAEBAAEBAAEB","keyName":"registration"}"#;
    let step = sending.answered(CLOCKS, Response::new(401, challenge)).unwrap();
    shown.debug(&step);
    let dps::Step::Activate(activating) = step else { panic!("it is challenged") };
    shown.debug(&activating);
    let dps::Step::Sign(signing) = activating.activated(CLOCKS).unwrap() else { panic!("it signs") };
    shown.debug(&signing);
    let secret = key(2).to_base64();
    let json = format!(
        r#"{{"status":"assigned","registrationState":{{"assignedHub":"h.net","deviceId":"d","payload":"{}"}}}}"#,
        secret.expose()
    );
    let sending = Registration::start(profile(), key(0), CLOCKS, attempt()).unwrap();
    let response = Response::new(200, json.as_bytes());
    let event = Event::Answered(response);
    shown.debug(&(response, event));
    let dps::Step::Done(device, _) = sending.answered(CLOCKS, response).unwrap() else { panic!("it is assigned") };
    let record = device.registration_state().cloned();
    let payload = record.as_ref().and_then(|record| record.payload.clone()).unwrap();
    shown.debug(&(payload, record, device));
}

fn handshakes(shown: &mut Shown) {
    let device = || Device::new("h.net".parse().unwrap(), "d".parse().unwrap(), key(0));
    let step = device_mode::ModuleLookup::start(device(), Target::default(), CLOCKS, attempt()).unwrap();
    shown.debug(&step);
    let device_mode::Step::Send(sending) = step else { panic!("it asks") };
    shown.debug(&sending);
    shown.debug(&Next::Send(sending));
    let plan = Plan::device(device()).in_device_mode(Target::default()).unwrap();
    let auth = Authenticator::new(&plan, CLOCKS, LIMIT);
    let action: Action<'_> = auth.poll();
    shown.debug(&(plan, action, &auth));
}

/// What daemons of the device tell, with the handle of a key.
fn daemons(shown: &mut Shown) {
    let handle = key(0).to_base64();
    let body = format!(
        r#"{{"type":"aziot","spec":{{"hubName":"h.net","deviceId":"d","moduleId":"m","auth":{{"type":"sas","keyHandle":"{}"}}}}}}"#,
        handle.expose()
    );
    let service = IdentityService::default();
    let mut task = service.identify(CLOCKS, LIMIT);
    let event = local::Event::Answered(Response::new(200, body.as_bytes()));
    shown.debug(&(event, &task));
    task.handle(CLOCKS, event).unwrap();
    shown.debug(&task);
    let account = task.into_answer().unwrap();
    shown.debug(&(&account, account.authentication(), account.signing_key()));
    let string = StringToSign::new(Resource::of(account.identity()), EXPIRY);
    let mut task = service.sign(Some(account), &string, CLOCKS, LIMIT);
    let local::Action::Send(request) = task.poll() else { panic!("it asks") };
    shown.debug(&(request, task.poll()));
    let body = format!(r#"{{"signature":"{}"}}"#, handle.expose());
    task.handle(CLOCKS, local::Event::Answered(Response::new(200, body.as_bytes()))).unwrap();
    shown.debug(&task);
    shown.debug(&task.into_answer().unwrap());
    let mut task = workload().identity_certificate(None, CLOCKS, LIMIT);
    let body =
        format!(r#"{{"privateKey":{{"type":"key","bytes":"{}"}},"certificate":"","expiration":""}}"#, handle.expose());
    task.handle(CLOCKS, local::Event::Answered(Response::new(200, body.as_bytes()))).unwrap();
    shown.debug(&task);
    let issued = task.into_answer().unwrap();
    shown.debug(&(&issued.private_key, &issued));
    let body = format!(
        r#"{{"type":"aziot","spec":{{"hubName":"h.net","deviceId":"d","auth":{{"type":"x509","keyHandle":"{}","certId":"c"}}}}}}"#,
        handle.expose()
    );
    let mut task = service.identify(CLOCKS, LIMIT);
    task.handle(CLOCKS, local::Event::Answered(Response::new(200, body.as_bytes()))).unwrap();
    shown.debug(&CertifiedAccount::new(service, task.into_answer().unwrap()).unwrap());
}

/// A key of keyd, whose handle it keeps.
#[cfg(target_os = "linux")]
fn keyd(shown: &mut Shown) {
    let folder = Scratch::new();
    let emulator = emulator::Emulator::start([emulator::Hub::new("h.net")], "127.0.0.1:0".parse().unwrap()).unwrap();
    let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(folder.folder()).unwrap());
    let pem = str::from_utf8(PEM[1]).unwrap();
    let host = emulator::Host::new("h.net", "d").key_pair("k", pem).certified_device(uid, "k", "c");
    let _host = emulator.host(folder.folder(), host).unwrap();
    let service = IdentityService::in_folder(&folder.folder()).unwrap();
    shown.debug(&defender_auth::private_key::KeydKey::open(&service, "k").unwrap());
}

fn workload() -> Workload {
    let variable = |name: &str| {
        let text = match name {
            "IOTEDGE_WORKLOADURI" => "unix:///w.sock",
            "IOTEDGE_IOTHUBHOSTNAME" => "h.net",
            "IOTEDGE_AUTHSCHEME" | "IOTEDGE_APIVERSION" | "IOTEDGE_GATEWAYHOSTNAME" => return None,
            _ => "m",
        };
        Some(text.into())
    };
    Workload::from_environment(variable).unwrap()
}

/// An answer with the module's keys, which only a client can make.
fn reply(shown: &mut Shown) {
    let [device, module] = [key(0).to_base64(), key(1).to_base64()];
    let module = emulator::Module::new("azureiotsecurity", module.expose());
    let hub = emulator::Hub::new("h.net").device(emulator::Device::new("d", device.expose()).module(module));
    let cloud = emulator::Emulator::start([hub], "127.0.0.1:0".parse().unwrap()).unwrap();
    let at = vec![("h.net".parse().unwrap(), cloud.https_address())];
    let client = Client::with(Roots::Pem(cloud.root_pem().as_bytes()), at).unwrap();
    let now = Now { wall: std::time::SystemTime::now().into(), monotonic: Duration::ZERO };
    let device = Device::new("h.net".parse().unwrap(), "d".parse().unwrap(), key(0));
    let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
    let auth = Authenticator::new(&plan, now, LIMIT);
    let Action::Send(request) = auth.poll() else { panic!("it asks") };
    let reply = client.exchange(request).unwrap();
    assert_eq!(reply.as_response().status(), 200);
    shown.debug(&(reply, client));
}

/// A TPM that is not there.
#[derive(Debug)]
struct Nobody;

impl Transport for Nobody {
    fn exchange(&mut self, _: &[u8], _: &mut [u8]) -> Result<usize, AccessError> {
        panic!("nothing is sent")
    }
}
