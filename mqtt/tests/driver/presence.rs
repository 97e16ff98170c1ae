//! A device at a hub with the connection profile `mqttV5`, from its registration on.

use crate::{
    gate::Mode,
    scratch::Scratch,
    site::{DPS_SCOPE, HOUR, HUB, OTHER_HUB, Site, eventually, is_lost, key},
};
use defender_auth::{
    Plan,
    credential::ClientCertificate,
    device_mode::Target,
    dps::{Attestation, Profile},
    http::ApiVersion,
    outcome::ConnectionProfile,
    session::{Diagnosis, Policy, Source},
    store::Store,
    x509::{Certificate, ClientIdentity},
};
use defender_auth_emulator::{Dps, Enrollment, Entry, Fault, Hub, Operation, World};
use defender_auth_mqtt::{
    Limits,
    driver::{Driver, DriverError, Event, Options, Qos},
};
use rcgen::{CertificateParams, DnType, KeyPair};
use std::time::Duration;

const ID: &str = "pump-17";

/// A device with a certificate, which the provisioning service assigns to a hub of this profile.
struct Plant {
    site: Site,
    certificate: ClientCertificate,
}

impl Plant {
    fn new(profile: &str) -> Self {
        Self::issuing(profile, |enrollment| enrollment)
    }

    /// The same with something about the device's enrollment.
    fn issuing(profile: &str, with: impl Fn(Enrollment) -> Enrollment) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        params.distinguished_name.push(DnType::CommonName, ID);
        let leaf = params.self_signed(&key).unwrap();
        let pem = [leaf.pem(), key.serialize_pem()].concat();
        let certificate = ClientIdentity::from_pem(pem.as_bytes(), None).unwrap().into_client_certificate();
        let thumbprint = Certificate::from_der(leaf.der()).unwrap().sha256().to_string();
        let dps = Dps::new(DPS_SCOPE)
            .enrollment(with(Enrollment::with_thumbprint(ID, &thumbprint).hub(HUB)))
            .enrollment(with(Enrollment::new("by-key", &crate::site::base64(1)).hub(HUB)));
        let hubs = World::new().hub(Hub::new(HUB).connection_profile(profile)).hub(Hub::new(OTHER_HUB));
        Self { site: Site::with(hubs, dps), certificate }
    }

    fn plan(id: &str, attestation: impl Into<Attestation>) -> Plan {
        let profile = Profile::new(DPS_SCOPE.parse().unwrap(), id.parse().unwrap());
        Plan::provision(profile.with_api_version(ApiVersion::connection_profile()), attestation).unwrap()
    }

    fn source(&self) -> Source {
        Source::new("dps", Self::plan(ID, self.certificate.clone()))
    }

    fn driver_with(&self, options: Options) -> Driver {
        Driver::new(vec![self.source()], Policy::default(), options).unwrap()
    }

    fn births(&self) -> usize {
        let entries = self.site.emulator.journal().entries();
        entries.iter().filter(|entry| matches!(entry, Entry::Acknowledged { .. })).count()
    }
}

fn connected() -> String {
    format!("connected as {HUB}/devices/{ID} with dps by MQTT 5")
}

#[test]
fn a_registration_leads_to_a_login_by_mqtt_5() {
    let plant = Plant::new(Hub::MQTT_V5);
    let mut driver = plant.driver_with(plant.site.options());
    let lines = plant.site.connect(&mut driver);
    assert_eq!(lines.last(), Some(&connected()), "{lines:?}");
    assert_eq!(driver.session().assigned().unwrap().connection_profile(), &ConnectionProfile::MqttV5);
    driver.publish("ih/pump-17/srv/telemetry", b"{}", Qos::AtLeastOnce).unwrap();
    driver.publish("ih/pump-17/srv/telemetry", b"{}", Qos::AtMostOnce).unwrap();
    driver.subscribe("ih/pump-17/dev/twin", Qos::AtMostOnce).unwrap();
    driver.unsubscribe("ih/pump-17/dev/twin").unwrap();
    let foreign = driver.subscribe("ih/other/dev/#", Qos::AtLeastOnce).unwrap_err();
    assert!(matches!(foreign, DriverError::NotSubscribed { .. }), "{foreign}");
    eventually(|| plant.site.emulator.message_count(HUB, ID, None) == 2);
    assert_eq!(
        plant.site.emulator.reported(HUB, ID, None),
        Some(serde_json::json!({})),
        "no report of its certificate"
    );
}

#[test]
fn a_lost_connection_is_made_again_with_another_birth() {
    let plant = Plant::new(Hub::MQTT_V5);
    let mut driver = plant.driver_with(plant.site.options());
    plant.site.connect(&mut driver);
    plant.site.gate.set(Mode::Shut);
    plant.site.until(&mut driver, is_lost);
    plant.site.gate.set(Mode::Open);
    let lines = plant.site.connect(&mut driver);
    assert_eq!((lines.last(), plant.births()), (Some(&connected()), 2), "{lines:?}");
    assert_eq!(plant.site.registrations(), 1);
}

#[test]
fn a_restart_logs_in_by_the_saved_profile_without_a_registration() {
    let (plant, scratch) = (Plant::new(Hub::MQTT_V5), Scratch::new());
    let options = || plant.site.options().with_store(Store::open(scratch.path("state")).unwrap());
    let mut first = plant.driver_with(options());
    plant.site.connect(&mut first);
    plant.site.until(&mut first, |event| matches!(event, Event::Saved));
    first.close();
    let mut second = plant.driver_with(options());
    assert_eq!(plant.site.connect(&mut second), [connected()]);
    assert_eq!((second.status().counters.requests, plant.births()), (0, 2));
}

#[test]
fn what_the_hub_does_at_each_step_has_its_diagnosis() {
    use Diagnosis as D;
    for (operation, fault, why) in [
        (Operation::Connect, Fault::Connack(0x85), D::HubRejected),
        (Operation::Connect, Fault::Connack(0x8c), D::HubRejected),
        (Operation::Connect, Fault::Connack(0x88), D::Busy),
        (Operation::Connect, Fault::Connack(0x8a), D::Banned),
        (Operation::Connect, Fault::Connack(0x9d), D::Moved),
        (Operation::Connect, Fault::Connack(0x84), D::VersionRejected),
        (Operation::Subscribe, Fault::Suback(0x87), D::ProtocolRejected),
        (Operation::Subscribe, Fault::Disconnect(0x8b), D::Busy),
        (Operation::Birth, Fault::Disconnect(0x87), D::HubRejected),
        (Operation::Birth, Fault::Truncated, D::ProtocolRejected),
    ] {
        let plant = Plant::new(Hub::MQTT_V5);
        let mut driver = plant.driver_with(plant.site.options());
        let text = fault.to_string();
        plant.site.emulator.fault(operation, fault, 1);
        plant.site.until(&mut driver, |event| matches!(event, Event::NotConnected { .. }));
        assert_eq!(driver.status().failure, Some(why), "{text}");
        assert_eq!(plant.site.connect(&mut driver).last(), Some(&connected()), "{text}");
    }
}

#[test]
fn a_hub_that_is_silent_in_the_login_is_left_and_tried_again() {
    let plant = Plant::new(Hub::MQTT_V5);
    let limit = Duration::from_secs(30);
    let limits = Limits { reach: limit, greet: limit, answer: limit, presence: Duration::from_secs(5) };
    let mut driver = plant.driver_with(plant.site.options().with_limits(limits));
    plant.site.emulator.fault(Operation::Birth, Fault::NoAnswer, 1);
    let lines = plant.site.connect(&mut driver);
    let silent = lines.iter().find(|line| line.contains("did not acknowledge the ")).unwrap();
    assert!(silent.contains("within 5 s; the login begins again"), "{silent}");
    assert_eq!(lines.last(), Some(&connected()), "{lines:?}");
}

#[test]
fn a_connection_that_the_hub_ends_says_why() {
    let plant = Plant::new(Hub::MQTT_V5);
    let mut driver = plant.driver_with(plant.site.options());
    plant.site.connect(&mut driver);
    plant.site.emulator.disconnect(HUB, ID, None).unwrap();
    let lines = plant.site.until(&mut driver, is_lost);
    assert!(lines.last().unwrap().ends_with("the connection was ended by an administrator (0x98)"), "{lines:?}");
    assert_eq!(driver.status().failure, Some(Diagnosis::ConnectionLost));
    plant.site.connect(&mut driver);
    plant.site.emulator.disable_device(HUB, ID).unwrap();
    let lines = plant.site.until(&mut driver, is_lost);
    assert!(lines.last().unwrap().ends_with("the client is not authorized (0x87)"), "{lines:?}");
    assert_eq!(driver.status().failure, Some(Diagnosis::HubRejected));
}

#[test]
fn another_client_with_the_same_id_is_named_as_the_reason() {
    let plant = Plant::new(Hub::MQTT_V5);
    let mut first = plant.driver_with(plant.site.options());
    plant.site.connect(&mut first);
    let mut second = plant.driver_with(plant.site.options());
    plant.site.connect(&mut second);
    let lines = plant.site.until(&mut first, is_lost);
    assert!(lines.last().unwrap().ends_with("another connection has the same client ID (0x8E)"), "{lines:?}");
}

#[test]
fn a_device_that_is_moved_to_a_classic_hub_logs_in_by_mqtt_3() {
    let plant = Plant::new(Hub::MQTT_V5);
    let mut driver = plant.driver_with(plant.site.options());
    plant.site.connect(&mut driver);
    plant.site.emulator.move_device(HUB, ID, OTHER_HUB).unwrap();
    plant.site.emulator.move_enrollment(ID, OTHER_HUB).unwrap();
    plant.site.until(&mut driver, is_lost);
    plant.site.pass(2 * HOUR);
    let lines = plant.site.connect(&mut driver);
    assert_eq!(lines.last(), Some(&format!("connected as {OTHER_HUB}/devices/{ID} with dps")), "{lines:?}");
}

#[test]
fn what_has_no_login_at_the_hub_is_refused_at_the_registration() {
    for (profile, source) in [
        (Hub::MQTT_V5, Source::new("dps", Plant::plan("by-key", key(1)))),
        ("mqttV6", Source::new("dps", Plant::plan("by-key", key(1)))),
        (Hub::MQTT_V5, Source::new("dps", Plant::plan("by-key", key(1)).in_device_mode(Target::default()).unwrap())),
    ] {
        let plant = Plant::new(profile);
        let mut driver = Driver::new(vec![source], Policy::default(), plant.site.options()).unwrap();
        plant
            .site
            .until(&mut driver, |event| matches!(event, Event::NotAssigned { why: Diagnosis::RegistrationFailed }));
        assert_eq!((plant.births(), plant.site.emulator.connections()), (0, 0), "{profile}");
    }
    let plant = Plant::new("mqttV6");
    let mut driver = plant.driver_with(plant.site.options());
    plant.site.until(&mut driver, |event| matches!(event, Event::NotAssigned { why: Diagnosis::RegistrationFailed }));
    assert_eq!(plant.site.emulator.connections(), 0, "no login is tried");
    let plant = Plant::new(Hub::MQTT_V5);
    let plan = Plant::plan(ID, plant.certificate.clone()).in_device_mode(Target::default()).unwrap();
    let mut driver = Driver::new(vec![Source::new("dps", plan)], Policy::default(), plant.site.options()).unwrap();
    plant.site.until(&mut driver, |event| matches!(event, Event::Waiting { why: Diagnosis::SourceUnusable, .. }));
    assert_eq!(plant.site.emulator.connections(), 0, "a module has no login there");
}

#[cfg(feature = "certificates")]
#[test]
fn an_operational_certificate_is_used_there_and_its_renewal_is_not_supported() {
    use crate::certificates::{DAY, as_time_passes};
    let scratch = Scratch::new();
    let plant = Plant::issuing(Hub::MQTT_V5, |it| it.issuing(defender_auth_emulator::Issuing::new().days(30)));
    let options = plant.site.options().with_store(Store::open(scratch.path("state")).unwrap());
    let source = plant.source().requesting_certificates(None);
    let mut driver = Driver::new(vec![source], Policy::default(), options).unwrap();
    let lines = plant.site.connect(&mut driver);
    let connected = format!("connected as {HUB}/devices/{ID} with dps/certificate by MQTT 5");
    assert_eq!(lines.last(), Some(&connected), "{lines:?}");
    plant.site.pass(24 * DAY);
    plant.site.emulator.disconnect(HUB, ID, None).unwrap();
    let lines = as_time_passes(&plant.site, &mut driver, |event| matches!(event, Event::NotCertified { .. }));
    assert_eq!(lines.last().unwrap(), "no new certificate: the hub does not renew certificates", "{lines:?}");
    assert_eq!(plant.site.emulator.issued_certificates(HUB, ID).len(), 1);
    assert_eq!(plant.site.emulator.reported(HUB, ID, None), Some(serde_json::json!({})), "no report of it");
}

#[cfg(feature = "certificates")]
#[test]
fn what_is_issued_for_a_key_logs_in_there_also_after_a_restart() {
    let scratch = Scratch::new();
    let plant = Plant::issuing(Hub::MQTT_V5, |it| it.issuing(defender_auth_emulator::Issuing::new().days(30)));
    let connected = format!("connected as {HUB}/devices/by-key with dps/certificate by MQTT 5");
    for run in 0..2 {
        let options = plant.site.options().with_store(Store::open(scratch.path("state")).unwrap());
        let source = Source::new("dps", Plant::plan("by-key", key(1))).requesting_certificates(None);
        let mut driver = Driver::new(vec![source], Policy::default(), options).unwrap();
        let lines = plant.site.connect(&mut driver);
        assert_eq!(lines.last(), Some(&connected), "{run}: {lines:?}");
        driver.close();
    }
    assert_eq!((plant.site.registrations(), plant.births()), (1, 2));
    assert_eq!(plant.site.emulator.issued_certificates(HUB, "by-key").len(), 1);
}

#[test]
fn a_saved_profile_that_the_hub_does_not_have_is_registered_for() {
    let (plant, scratch) = (Plant::new(Hub::MQTT_V5), Scratch::new());
    let options = || plant.site.options().with_store(Store::open(scratch.path("state")).unwrap());
    // Saved by a registration whose version of the interface tells no profile.
    let older = Profile::new(DPS_SCOPE.parse().unwrap(), ID.parse().unwrap());
    let older = Source::new("dps", Plan::provision(older, plant.certificate.clone()).unwrap());
    let mut first = Driver::new(vec![older], Policy::default(), options()).unwrap();
    plant.site.until(&mut first, |event| matches!(event, Event::NotConnected { .. }));
    assert_eq!(first.status().failure, Some(Diagnosis::VersionRejected));
    first.close();
    let mut second = plant.driver_with(options());
    let lines = plant.site.connect(&mut second);
    assert_eq!(lines.last(), Some(&connected()), "{lines:?}");
}
