//! The devices: what each has, and what the services know of it.

use crate::random::Random;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    ConnectionString, Device, Outcome, Plan, SharedAccessKey,
    credential::{ClientCertificate, Issuer, SymmetricKeys},
    device_mode::Target,
    dps::{Attestation, Profile},
    identity::RegistrationId,
    x509::Certificate,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use std::fmt::Write as _;

pub(crate) const HUBS: [&str; 2] = ["contoso.azure-devices.net", "fabrikam.azure-devices.net"];
pub(crate) const DPS: &str = "global.azure-devices-provisioning.net";
pub(crate) const MODULE: &str = "azureiotsecurity";
const SCOPE: &str = "0ne00000A0A";

/// So many of each kind.
const EACH: usize = 3;

/// One device.
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) has: Has,
    /// It becomes its security module.
    pub(crate) in_device_mode: bool,
    /// Who it is since it has authenticated.
    pub(crate) me: Option<Outcome>,
}

/// What a device has.
pub(crate) enum Has {
    /// A connection string, and the secondary key to it.
    Keys([SharedAccessKey; 2]),
    /// An enrollment, or a group's, by this name.
    Enrollment(String, Box<Attestation>),
}

impl Member {
    fn new(id: String, has: Has, in_device_mode: bool) -> Self {
        Self { id, has, in_device_mode, me: None }
    }

    /// The device that a connection string names.
    pub(crate) fn device(&self) -> Option<Device> {
        let Has::Keys([primary, secondary]) = &self.has else { return None };
        let (hub, key) = (HUBS[0], primary.to_base64());
        let text = format!("HostName={hub};DeviceId={};SharedAccessKey={}", self.id, key.expose());
        let identity = ConnectionString::parse(&text).unwrap().identity().clone();
        let keys = SymmetricKeys::new(primary.clone(), Some(secondary.clone()));
        Some(Device::new(identity.hub().clone(), identity.device_id().clone(), keys))
    }

    pub(crate) fn plan(&self) -> Plan {
        let plan = match &self.has {
            Has::Keys(_) => Plan::device(self.device().unwrap()),
            Has::Enrollment(_, attestation) => {
                let profile = Profile::new(SCOPE.parse().unwrap(), self.id.parse().unwrap());
                Plan::provision(profile, (**attestation).clone()).unwrap()
            }
        };
        self.as_it_goes_on(plan)
    }

    pub(crate) fn as_it_goes_on(&self, plan: Plan) -> Plan {
        if self.in_device_mode { plan.in_device_mode(Target::default()).unwrap() } else { plan }
    }

    pub(crate) fn enrollment(&self) -> Option<&str> {
        match &self.has {
            Has::Enrollment(name, _) => Some(name),
            Has::Keys(_) => None,
        }
    }

    /// Whether it holds a session: the last of each kind, but for the one with a TPM.
    pub(crate) fn stays(&self) -> bool {
        self.id.ends_with(&format!("-{}", EACH - 1))
    }

    /// Whether a service is asked who it is.
    pub(crate) const fn asks(&self) -> bool {
        self.in_device_mode || matches!(self.has, Has::Enrollment(..))
    }

    pub(crate) const fn is_by_tpm(&self) -> bool {
        matches!(&self.has, Has::Enrollment(_, attestation) if matches!(**attestation, Attestation::Tpm { .. }))
    }

    pub(crate) const fn is_by_certificate(&self) -> bool {
        matches!(&self.has, Has::Enrollment(_, attestation) if matches!(**attestation, Attestation::Certificate(_)))
    }
}

/// The devices, and the configuration of services that know them.
pub(crate) fn muster(random: &mut Random, tpm: Option<Attestation>) -> (Vec<Member>, String) {
    let mut members = Vec::new();
    let (mut devices, mut everywhere, mut enrollments) = (String::new(), String::new(), String::new());
    let (root, leaves) = chain(EACH);
    for number in 0..EACH {
        for in_device_mode in [false, true] {
            let id = format!("{}-{number}", if in_device_mode { "module" } else { "keyed" });
            let keys = [random.key(), random.key()].map(|bytes| SharedAccessKey::from_bytes(&bytes).unwrap());
            devices.push_str(&device(&id, &keys, random));
            members.push(Member::new(id, Has::Keys(keys), in_device_mode));
        }
    }
    let group_key = SharedAccessKey::from_bytes(&random.key()).unwrap();
    for number in 0..EACH {
        let id = format!("derived-{number}");
        let key = group_key.derive(&RegistrationId::new(&id).unwrap());
        let text = device(&id, std::slice::from_ref(&key), random);
        let member = enrolled(&id, "derived", key, number % 2 == 0);
        // Wherever it is assigned first, it has its module there; one that stays takes its module along.
        if member.stays() { &mut devices } else { &mut everywhere }.push_str(&text);
        members.push(member);
    }
    let group_key = group_key.to_base64();
    let _ = write!(enrollments, "[[dps.group]]\nid = \"derived\"\nprimary_key = \"{}\"\n", group_key.expose());
    for (number, leaf) in leaves.into_iter().enumerate() {
        members.push(enrolled(&format!("certified-{number}"), "certified", leaf, false));
    }
    let _ = write!(enrollments, "[[dps.group]]\nid = \"certified\"\ncertificate = '''\n{root}'''\n");
    for number in 0..EACH {
        let id = format!("own-{number}");
        let (certificate, thumbprint) = self_signed(&id);
        let _ = write!(enrollments, "[[dps.enrollment]]\nid = \"{id}\"\nthumbprint = \"{thumbprint}\"\n");
        members.push(enrolled(&id, &id, certificate, false));
    }
    if let Some(attestation) = tpm {
        let Attestation::Tpm { endorsement_key, .. } = &attestation else { panic!("a TPM attests by its keys") };
        let key = STANDARD.encode(endorsement_key);
        let _ = write!(enrollments, "[[dps.enrollment]]\nid = \"chip-0\"\nendorsement_key = \"{key}\"\n");
        members.push(enrolled("chip-0", "chip-0", attestation, false));
    }
    let [first, second] = HUBS.map(|hub| format!("[[hub]]\nhost_name = \"{hub}\"\n"));
    let authority = format!("[[hub.authority]]\ncertificate = '''\n{root}'''\n");
    let dps = format!("[dps]\nid_scope = \"{SCOPE}\"\n");
    let config = [&first, &authority, &devices, &everywhere, &second, &authority, &everywhere, &dps, &enrollments];
    (members, config.map(String::as_str).concat())
}

fn enrolled(id: &str, enrollment: &str, attestation: impl Into<Attestation>, in_device_mode: bool) -> Member {
    Member::new(id.into(), Has::Enrollment(enrollment.into(), Box::new(attestation.into())), in_device_mode)
}

/// A device of the first hub with its security module.
fn device(id: &str, keys: &[SharedAccessKey], random: &mut Random) -> String {
    let mut text = format!("[[hub.device]]\nid = \"{id}\"\n");
    for (name, key) in ["primary_key", "secondary_key"].iter().zip(keys) {
        let _ = writeln!(text, "{name} = \"{}\"", key.to_base64().expose());
    }
    let [primary, secondary] = new_keys(random);
    let _ = write!(text, "[[hub.device.module]]\nid = \"{MODULE}\"\n");
    let _ = write!(text, "primary_key = \"{primary}\"\nsecondary_key = \"{secondary}\"\n");
    text
}

pub(crate) fn new_keys(random: &mut Random) -> [String; 2] {
    [random.key(), random.key()].map(|bytes| STANDARD.encode(bytes))
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// A root, and leaves that it has signed.
fn chain(leaves: usize) -> (String, Vec<ClientCertificate>) {
    let mut authority = params("soak root");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(authority, key);
    let leaf = |number| {
        let key = KeyPair::generate().unwrap();
        let leaf = params(&format!("certified-{number}")).signed_by(&key, &issuer).unwrap();
        ClientCertificate::from_der(vec![leaf.der().to_vec()], &key.serialize_der(), Issuer::Authority)
    };
    (root.pem(), (0..leaves).map(leaf).collect())
}

fn self_signed(id: &str) -> (ClientCertificate, String) {
    let key = KeyPair::generate().unwrap();
    let der = params(id).self_signed(&key).unwrap().der().to_vec();
    let thumbprint = Certificate::from_der(&der).unwrap().sha256().to_string();
    (ClientCertificate::from_der(vec![der], &key.serialize_der(), Issuer::SelfSigned), thumbprint)
}
