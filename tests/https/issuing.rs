//! Certificates that the provisioning service issues and the hub renews: registered with any credential, judged, used to log
//! in, and renewed.

use crate::{
    over_mqtt::Carrier,
    scratch::Scratch,
    world::{DEVICE_KEY, HUB, both, client, drive, exchange, key, now},
};
use defender_auth::{
    Error, Outcome, Plan, UnixTime,
    credential::{CertificateRequest, ClientCertificate, IssuedChain, Issuer},
    dps::{Attestation, Profile},
    error::{IssuedChainError, ProtocolProblem},
    http::ApiVersion,
    key::PrivateKey,
    mqtt::Connect,
    outcome::Issuance,
    private_key::MemoryKey,
    renewal::{Action, Due, Event, Renewal, RequestId, certificate_report},
    tls::Roots,
    twin,
    x509::{self, Certificate, ClientIdentity, Curve, judge},
};
use defender_auth_emulator::{
    ChainFault, Dps, Emulator, Enrollment, Fault, Group, Hub, Issuing, KeyType, Operation, World,
};
use defender_auth_mqtt::{Dial, Error as MqttError, Session};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
use std::{fs, process::Command, sync::Arc, time::Duration};

/// A key and its request.
struct Requested {
    key: KeyPair,
    request: CertificateRequest,
}

fn requested(algorithm: &'static rcgen::SignatureAlgorithm) -> Requested {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "dev-01");
    let request = CertificateRequest::from_der(params.serialize_request(&key).unwrap().der()).unwrap();
    Requested { key, request }
}

impl Requested {
    fn certificate(&self, chain: &IssuedChain) -> ClientCertificate {
        ClientCertificate::from_der(chain.certificates().to_vec(), &self.key.serialize_der(), Issuer::Authority)
    }
}

fn issuing(policy: Issuing) -> Emulator {
    let enrollment = Enrollment::new("dev-01", DEVICE_KEY).pending(1).issuing(policy);
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne00000A0A").enrollment(enrollment));
    Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap()
}

fn plan(request: &CertificateRequest, attestation: impl Into<Attestation>) -> Plan {
    let profile = Profile::new("0ne00000A0A".parse().unwrap(), "dev-01".parse().unwrap());
    Plan::provision(profile.with_certificate_request(request.clone()), attestation).unwrap()
}

fn register(cloud: &Emulator, plan: &Plan) -> Result<Outcome, Error> {
    let client = client(cloud, []);
    drive(plan, &mut now(), |request| exchange(&client, request)).result
}

fn issuance(outcome: &Outcome) -> Issuance {
    outcome.registration_state().unwrap().issuance.clone()
}

fn issued(cloud: &Emulator, own: &Requested) -> (Outcome, IssuedChain) {
    let outcome = register(cloud, &plan(&own.request, key())).unwrap();
    let Issuance::Issued(chain) = issuance(&outcome) else { panic!("{:?}", issuance(&outcome)) };
    (outcome, chain)
}

/// Logs in with a certificate, at the version that renews it.
fn log_in(cloud: &Emulator, outcome: &Outcome, certificate: &ClientCertificate) -> Result<Session, MqttError> {
    let login = Connect::hub_at(outcome.identity(), None, &ApiVersion::certificate_renewal());
    Session::open(&login, certificate, &Dial::at(cloud.address()), Roots::Pem(cloud.root_pem().as_bytes()))
}

/// Renews over connections with this certificate: as many as it takes.
fn renew(cloud: &Emulator, outcome: &Outcome, with: &ClientCertificate, renewal: &mut Renewal) -> (u32, u32) {
    let (mut session, mut sent, mut waits) = (None::<Session>, 0, 0);
    let mut time = both(now());
    for _ in 0..60 {
        match renewal.poll() {
            Action::Subscribe(filter) => {
                let open = session.insert(log_in(cloud, outcome, with).unwrap());
                open.subscribe(filter).unwrap();
                renewal.handle(time, Event::Subscribed).unwrap();
            }
            Action::Publish { topic, body } => {
                sent += 1;
                session.as_mut().unwrap().publish(topic, body.as_bytes()).unwrap();
                renewal.handle(time, Event::Published).unwrap();
            }
            Action::Listen { .. } => match session.as_mut().unwrap().next_message() {
                Ok(message) => {
                    let event = Event::Message { topic: &message.topic, payload: &message.payload };
                    renewal.handle(time, event).unwrap();
                }
                Err(MqttError::Closed { .. }) => renewal.handle(time, Event::Dropped).unwrap(),
                Err(error) => panic!("{error}"),
            },
            Action::Wait(wait) => {
                waits += 1;
                time = time + wait.at_least;
                renewal.handle(time, Event::Elapsed).unwrap();
            }
            Action::Done(_) | Action::Failed(_) => return (sent, waits),
            other => panic!("{other:?}"),
        }
    }
    panic!("it has no end")
}

fn renewal(outcome: &Outcome, own: &Requested, id: u8) -> Renewal {
    renewal_of(outcome, &own.request, id)
}

fn renewal_of(outcome: &Outcome, request: &CertificateRequest, id: u8) -> Renewal {
    let rid = RequestId::from_entropy([id; 16]);
    let limit = Duration::from_secs(3600);
    Renewal::start(outcome.identity().device_id(), request.clone(), rid, both(now()), limit)
}

fn root(cloud: &Emulator) -> Certificate {
    Certificate::from_der(&cloud.issuing_root().unwrap()).unwrap()
}

#[test]
fn a_device_registers_with_a_key_and_lives_on_certificates() {
    let cloud = issuing(Issuing::new());
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let (outcome, chain) = issued(&cloud, &own);
    let judged = judge(&chain, &own.request, Some(&root(&cloud)), now()).unwrap();
    let first = own.certificate(&chain);
    let mut session = log_in(&cloud, &outcome, &first).unwrap();

    let leaf = &judged.certificates()[0];
    session
        .publish(&twin::report_topic(1), certificate_report(leaf.not_before(), leaf.not_after()).as_bytes())
        .unwrap();
    session.close();
    let due = Due::of(leaf.not_before(), leaf.not_after());
    assert_eq!(due.earliest.since(leaf.not_before()), Duration::from_secs(20 * 86_400));

    let next = requested(&PKCS_ECDSA_P256_SHA256);
    let mut renewal = renewal(&outcome, &next, 1);
    assert_eq!(renew(&cloud, &outcome, &first, &mut renewal), (1, 0));
    let chain = renewal.into_chain().unwrap();
    judge(&chain, &next.request, Some(&root(&cloud)), now()).unwrap();
    log_in(&cloud, &outcome, &next.certificate(&chain)).unwrap().close();
    assert_eq!(cloud.issued_certificates(HUB, "dev-01").len(), 2);
    let reported = cloud.reported(HUB, "dev-01", None).unwrap();
    let from: UnixTime = reported["certificate"]["validFrom"].as_str().unwrap().parse().unwrap();
    assert_eq!(from, leaf.not_before());
}

#[test]
fn a_registration_over_mqtt_brings_the_same_chain() {
    let cloud = issuing(Issuing::new().depth(6));
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let mut carrier = Carrier::new(&cloud);
    let run = drive(&plan(&own.request, key()), &mut now(), |request| carrier.carry(request));
    let Issuance::Issued(chain) = issuance(&run.result.unwrap()) else { panic!() };
    assert_eq!(judge(&chain, &own.request, None, now()).unwrap().certificates().len(), 6);
}

#[test]
fn a_certificate_of_a_group_registers_for_another_one() {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "fleet");
    let authority = params.self_signed(&authority_key).unwrap();
    let onboarding = requested(&PKCS_ECDSA_P256_SHA256);
    let mut leaf = CertificateParams::default();
    leaf.distinguished_name = DistinguishedName::new();
    leaf.distinguished_name.push(DnType::CommonName, "dev-01");
    let leaf = leaf.signed_by(&onboarding.key, &rcgen::Issuer::from_params(&params, &authority_key)).unwrap();
    let certificate =
        ClientCertificate::from_der(vec![leaf.der().to_vec()], &onboarding.key.serialize_der(), Issuer::Authority);
    let group = Group::with_authority("fleet", &authority.pem()).issuing(Issuing::new()).pending(0);
    let world = World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne00000A0A").group(group));
    let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let outcome = register(&cloud, &plan(&own.request, certificate)).unwrap();
    let chain = issuance(&outcome).chain().unwrap().clone();
    log_in(&cloud, &outcome, &own.certificate(&chain)).unwrap().close();
}

#[test]
fn without_a_chain_there_is_still_an_assignment() {
    let cloud = issuing(Issuing::new());
    cloud.fault(Operation::RegistrationStatus, Fault::Chain(ChainFault::Absent), 1);
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let outcome = register(&cloud, &plan(&own.request, key())).unwrap();
    assert_eq!((issuance(&outcome), outcome.identity().hub().as_str()), (Issuance::Withheld, HUB));
    cloud.fault(Operation::RegistrationStatus, Fault::Chain(ChainFault::NotBase64), 1);
    let outcome = register(&cloud, &plan(&own.request, key())).unwrap();
    let Issuance::Unreadable(error) = issuance(&outcome) else { panic!() };
    assert_eq!(error.problem, ProtocolProblem::Unreadable);
    assert_eq!(outcome.identity().hub().as_str(), HUB);
}

#[test]
fn an_authority_that_refuses_the_key_fails_the_registration_with_its_message() {
    let cloud = issuing(Issuing::new().key_types([KeyType::Rsa]));
    let error = register(&cloud, &plan(&requested(&PKCS_ECDSA_P256_SHA256).request, key())).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("(400040)") && text.contains("a key of the kind P-256"), "{text}");
}

#[test]
fn every_wrong_chain_is_refused_and_the_onboarding_credential_remains() {
    let cloud = issuing(Issuing::new());
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let judged = |fault| {
        cloud.fault(Operation::RegistrationStatus, Fault::Chain(fault), 1);
        let (outcome, chain) = issued(&cloud, &own);
        assert!(outcome.credential().certificate().is_none());
        judge(&chain, &own.request, None, now()).unwrap_err()
    };
    assert!(matches!(judged(ChainFault::Reversed), IssuedChainError::Order { number: 1, .. }));
    assert_eq!(judged(ChainFault::TooLong), IssuedChainError::TooMany { count: 7 });
    assert!(matches!(judged(ChainFault::Expired), IssuedChainError::Expired { number: 1, .. }));
    assert_eq!(judged(ChainFault::AnotherKey), IssuedChainError::Key);
    assert!(matches!(judged(ChainFault::AnotherName), IssuedChainError::CommonName { .. }));
    assert!(matches!(judged(ChainFault::BadSignature), IssuedChainError::Signature { number: 1, .. }));
}

#[test]
fn a_renewal_survives_what_a_hub_can_do_to_it() {
    let cloud = issuing(Issuing::new());
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let (outcome, chain) = issued(&cloud, &own);
    let with = own.certificate(&chain);
    let code = |code| Fault::ErrorCode { code, retry_after: None };
    for (id, (fault, sent, waits)) in [
        (Fault::VersionFirst, 1, 0),
        (Fault::VersionLast, 1, 0),
        // After the drop the same request has the same answer.
        (Fault::ResetMidBody, 2, 0),
        // The emulator has no such operation: 412, and then without `replace`.
        (code(409_004), 3, 0),
        (code(409_005), 3, 0),
        (code(429_001), 2, 1),
        (code(429_003), 2, 1),
        (code(503_001), 2, 1),
        (code(500_001), 2, 1),
        (Fault::Status(429).retry_after("9"), 2, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let before = cloud.issued_certificates(HUB, "dev-01").len();
        cloud.fault(Operation::IssueCertificate, fault.clone(), 1);
        let next = requested(&PKCS_ECDSA_P384_SHA384);
        let mut renewal = renewal(&outcome, &next, u8::try_from(id).unwrap());
        assert_eq!(renew(&cloud, &outcome, &with, &mut renewal), (sent, waits), "{fault}");
        let chain = renewal.into_chain().unwrap();
        judge(&chain, &next.request, Some(&root(&cloud)), now()).unwrap();
        assert_eq!(cloud.issued_certificates(HUB, "dev-01").len(), before + 1, "{fault}: none was lost");
    }
}

#[test]
fn a_renewal_that_is_refused_says_why() {
    let cloud = issuing(Issuing::new().key_types([KeyType::P384]));
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let (outcome, chain) = issued(&cloud, &own);
    let with = own.certificate(&chain);
    for (id, code) in [(1, 400_037), (2, 400_040), (3, 400_004), (4, 400_006)] {
        cloud.fault(Operation::IssueCertificate, Fault::ErrorCode { code, retry_after: None }, 1);
        let mut renewal = renewal(&outcome, &own, id);
        assert_eq!(renew(&cloud, &outcome, &with, &mut renewal), (1, 0));
        let Error::Service(error) = renewal.into_chain().unwrap_err() else { panic!() };
        assert_eq!((error.code, error.is_of_authority()), (Some(code), code > 400_030));
    }
    let mut renewal = renewal(&outcome, &requested(&PKCS_ECDSA_P256_SHA256), 5);
    renew(&cloud, &outcome, &with, &mut renewal);
    let text = renewal.into_chain().unwrap_err().to_string();
    assert!(text.contains("a key of the kind P-256") && text.contains("whose key is P-256;"), "{text}");
}

#[test]
fn after_a_revocation_the_onboarding_credential_registers_again() {
    let cloud = issuing(Issuing::new());
    let own = requested(&PKCS_ECDSA_P384_SHA384);
    let (outcome, chain) = issued(&cloud, &own);
    cloud.revoke_certificates(HUB, "dev-01").unwrap();
    let refused = log_in(&cloud, &outcome, &own.certificate(&chain)).err().unwrap();
    assert!(matches!(refused, MqttError::Refused(refused) if refused.is_credential()), "{refused}");
    let next = requested(&PKCS_ECDSA_P384_SHA384);
    let (outcome, chain) = issued(&cloud, &next);
    log_in(&cloud, &outcome, &next.certificate(&chain)).unwrap().close();
}

/// Runs openssl in a folder, and returns what it prints.
fn openssl(scratch: &Scratch, arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).current_dir(scratch.path(".")).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_verifies_each_chain_and_its_own_requests_are_answered() {
    let scratch = Scratch::new();
    for (kind, depth, made) in [
        ("P-384", 2, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "key.pem"][..]),
        ("P-256", 3, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"]),
        ("RSA", 6, &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "key.pem"]),
    ] {
        openssl(&scratch, made);
        openssl(
            &scratch,
            &["req", "-new", "-key", "key.pem", "-subj", "/CN=dev-01", "-outform", "der", "-out", "request.der"],
        );
        let request = CertificateRequest::from_der(&fs::read(scratch.path("request.der")).unwrap()).unwrap();
        assert_eq!((request.common_name(), request.key_kind()), (Some("dev-01"), kind));
        let types = [KeyType::P384, KeyType::P256, KeyType::Rsa];
        let cloud = issuing(Issuing::new().depth(depth).key_types(types));
        let outcome = register(&cloud, &plan(&request, key())).unwrap();
        let chain = issuance(&outcome).chain().unwrap().clone();
        let judged = judge(&chain, &request, Some(&root(&cloud)), now()).unwrap();
        let pems: Vec<String> = judged.certificates().iter().map(Certificate::to_pem).collect();
        scratch.write("leaf.pem", &pems[0]);
        scratch.write("between.pem", pems[1..].concat());
        scratch.write("root.pem", root(&cloud).to_pem());
        let arguments = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "root.pem"];
        let verified = openssl(&scratch, &[&arguments[..], &["-untrusted", "between.pem", "leaf.pem"]].concat());
        assert_eq!(verified.trim(), "leaf.pem: OK");
        let me =
            ClientIdentity::from_pem_pair(pems.concat().as_bytes(), &fs::read(scratch.path("key.pem")).unwrap(), None);
        log_in(&cloud, &outcome, &me.unwrap().into_client_certificate()).unwrap().close();
    }
}

/// Registers and renews with these keys, each of which stays where it is.
pub(crate) fn lives_on_keys_that_sign(first: Arc<dyn PrivateKey>, next: Arc<dyn PrivateKey>) {
    let cloud = issuing(Issuing::new().key_types([KeyType::P384, KeyType::P256, KeyType::Rsa]));
    let request = CertificateRequest::sign("dev-01", &*first).unwrap();
    let outcome = register(&cloud, &plan(&request, key())).unwrap();
    let chain = judge(issuance(&outcome).chain().unwrap(), &request, Some(&root(&cloud)), now()).unwrap();
    let certificate = chain.with_private_key(first).unwrap();
    let request = CertificateRequest::sign("dev-01", &*next).unwrap();
    let mut renewal = renewal_of(&outcome, &request, 1);
    assert_eq!(renew(&cloud, &outcome, &certificate, &mut renewal), (1, 0));
    let chain = judge(&renewal.into_chain().unwrap(), &request, Some(&root(&cloud)), now()).unwrap();
    log_in(&cloud, &outcome, &chain.with_private_key(next).unwrap()).unwrap().close();
}

#[test]
fn keys_in_memory_that_were_made_here_sign_requests_and_handshakes() {
    let key = |curve| -> Arc<dyn PrivateKey> {
        Arc::new(MemoryKey::new(&x509::PrivateKey::generate(curve).unwrap()).unwrap())
    };
    lives_on_keys_that_sign(key(Curve::P384), key(Curve::P256));
}
