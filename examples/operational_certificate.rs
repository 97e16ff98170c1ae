//! A certificate that is issued at the registration, used, and renewed through the hub:
//! `cargo run --example operational_certificate`.
//!
//! Everything happens on this machine: provisioning service, authority and hub are the project's emulator, started in this very
//! process. Each step is on the disk before the next one begins.

use defender_auth::{
    Now, Plan, SharedAccessKey, UnixTime,
    credential::{CertificateRequest, ClientCertificate, Issuer},
    dps::Profile,
    http::ApiVersion,
    https::Client,
    identity::Identity,
    mqtt::Connect,
    outcome::Issuance,
    private_key::MemoryKey,
    renewal::{Action, Certificates, Due, Event, RecordedKey, Renewal, RequestId, certificate_report},
    store::Store,
    tls::Roots,
    twin,
    x509::{Chain, Curve, PrivateKey, judge},
};
use defender_auth_emulator::{Dps, Emulator, Enrollment, Hub, Issuing, World};
use defender_auth_mqtt::{Dial, Error as MqttError, Session};
use std::{
    error::Error,
    fs,
    io::Read as _,
    time::{Duration, Instant, SystemTime},
};

const HUB: &str = "contoso.azure-devices.net";
const DPS: &str = "global.azure-devices-provisioning.net";
const ID: &str = "pump-17";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
const HOUR: Duration = Duration::from_secs(3600);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let enrollment = Enrollment::new(ID, KEY).issuing(Issuing::new().days(30));
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne00000A0A").enrollment(enrollment));
    let device = Device::new(Emulator::play(world, "127.0.0.1:0".parse()?)?)?;
    let lived = device.live();
    fs::remove_dir_all(device.store.folder())?;
    lived
}

struct Device {
    cloud: Emulator,
    store: Store,
    start: Instant,
}

impl Device {
    fn new(cloud: Emulator) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("operational-certificate-{}", std::process::id()));
        Ok(Self { cloud, store: Store::open(folder)?, start: Instant::now() })
    }

    fn live(&self) -> Result<()> {
        println!("1. A new key and a request for its certificate, kept before the request leaves");
        let mut kept = self.begin(Certificates::default())?;

        println!("2. The registration, with the key of the enrollment and the request");
        let pending = kept.pending().ok_or("nothing is pending")?;
        let profile =
            Profile::new("0ne00000A0A".parse()?, ID.parse()?).with_certificate_request(pending.request.clone());
        let at = vec![(DPS.parse()?, self.cloud.https_address())];
        let client = Client::with(Roots::Pem(self.cloud.root_pem().as_bytes()), at)?;
        let me = client.authenticate(&Plan::provision(profile, SharedAccessKey::from_base64(KEY)?)?)?;
        match me.registration_state().map(|state| &state.issuance) {
            Some(Issuance::Issued(chain)) => assert!(kept.issued(chain.clone()), "one is pending"),
            other => return Err(format!("the device is assigned, without a certificate: {other:?}").into()),
        }
        let chain = self.accept(&mut kept)?;

        println!("3. A connection with the certificate, and the report of it in the twin");
        let leaf = chain.certificates().first().ok_or("a chain has a leaf")?;
        let mut session = self.connect(me.identity(), &kept)?;
        let report = certificate_report(leaf.not_before(), leaf.not_after());
        session.publish(&twin::report_topic(1), report.as_bytes())?;
        session.close();
        let due = Due::of(leaf.not_before(), leaf.not_after());
        println!("   due for renewal from {} to {}", due.earliest, due.latest);

        println!("4. The renewal, with a new key; the certificate in use serves meanwhile");
        kept = self.begin(kept)?;
        self.renew(me.identity(), &mut kept)?;
        self.accept(&mut kept)?;

        println!("5. The next connection, with the new certificate");
        self.connect(me.identity(), &kept)?.close();
        for entry in self.cloud.journal().entries() {
            println!("   the cloud says: {entry}");
        }
        Ok(())
    }

    /// A new key with its request, on the disk.
    fn begin(&self, mut kept: Certificates) -> Result<Certificates> {
        let key = PrivateKey::generate(Curve::P384)?;
        let request = CertificateRequest::sign(ID, &MemoryKey::new(&key)?)?;
        let mut entropy = [0; 16];
        fs::File::open("/dev/urandom")?.read_exact(&mut entropy)?;
        kept.begin(RecordedKey::pkcs8(key.expose_pkcs8()), request, RequestId::from_entropy(entropy));
        self.store.save_certificates(&kept)?;
        Ok(kept)
    }

    /// What was issued: on the disk first, then judged, then in use.
    fn accept(&self, kept: &mut Certificates) -> Result<Chain> {
        self.store.save_certificates(kept)?;
        let pending = kept.pending().ok_or("nothing is pending")?;
        let issued = pending.chain.as_ref().ok_or("nothing was issued")?;
        let chain = judge(issued, &pending.request, None, now())?;
        assert!(kept.accept(), "something was issued");
        self.store.save_certificates(kept)?;
        for certificate in chain.certificates() {
            println!("   {} by {}, valid to {}", certificate.subject(), certificate.issuer(), certificate.not_after());
        }
        Ok(chain)
    }

    /// A connection that can renew.
    fn connect(&self, me: &Identity, kept: &Certificates) -> Result<Session> {
        let current = kept.current().ok_or("there is no certificate")?;
        let key = current.key.expose_pkcs8().ok_or("the key is elsewhere")?;
        let certificate = ClientCertificate::from_der(current.chain.certificates().to_vec(), key, Issuer::Authority);
        let login = Connect::hub_at(me, None, &ApiVersion::certificate_renewal());
        let roots = Roots::Pem(self.cloud.root_pem().as_bytes());
        Ok(Session::open(&login, &certificate, &Dial::at(self.cloud.address()), roots)?)
    }

    fn renew(&self, me: &Identity, kept: &mut Certificates) -> Result<()> {
        let pending = kept.pending().ok_or("nothing is pending")?;
        let (request, rid) = (pending.request.clone(), pending.rid.clone());
        let mut renewal = Renewal::start(me.device_id(), request, rid, self.clocks(), HOUR);
        let mut session = self.connect(me, kept)?;
        loop {
            match renewal.poll() {
                Action::Subscribe(filter) => {
                    session.subscribe(filter)?;
                    renewal.handle(self.clocks(), Event::Subscribed)?;
                }
                Action::Publish { topic, body } => {
                    session.publish(topic, body.as_bytes())?;
                    renewal.handle(self.clocks(), Event::Published)?;
                }
                Action::Listen { until } => match session.next_message() {
                    Ok(message) => {
                        println!("   the hub says: {}", message.topic);
                        let event = Event::Message { topic: &message.topic, payload: &message.payload };
                        renewal.handle(self.clocks(), event)?;
                    }
                    Err(MqttError::Silent { .. }) if self.start.elapsed() < until => {}
                    Err(MqttError::Silent { .. }) => renewal.handle(self.clocks(), Event::Elapsed)?,
                    Err(_) => {
                        session = self.connect(me, kept)?;
                        renewal.handle(self.clocks(), Event::Dropped)?;
                    }
                },
                Action::Wait(wait) => {
                    std::thread::sleep(wait.at_least);
                    renewal.handle(self.clocks(), Event::Elapsed)?;
                }
                Action::Done(chain) => {
                    assert!(kept.issued(chain.clone()), "one is pending");
                    session.close();
                    return Ok(());
                }
                Action::Failed(error) => return Err(error.clone().into()),
                _ => return Err("this needs a newer version of the example".into()),
            }
        }
    }

    fn clocks(&self) -> Now {
        Now { wall: now(), monotonic: self.start.elapsed() }
    }
}

fn now() -> UnixTime {
    SystemTime::now().into()
}
