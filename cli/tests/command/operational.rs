//! A certificate that is issued at the registration, looked at, and renewed through the hub.

use crate::support::{
    HOST, Run, Scratch, command, defenderauth, device,
    registrar::{CARRIERS, ID, Registrar, enrollment, group},
    site::SCOPE,
};
use defender_auth_emulator::{ChainFault, Dps, Enrollment, Fault, Issuing, KeyType, Operation};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

const DAY: u64 = 24 * 3600;

/// A device whose enrollment issues certificates, and its folder.
struct Plant {
    registrar: Registrar,
    scratch: Scratch,
    folder: String,
}

impl Plant {
    fn new() -> Self {
        Self::of(enrollment().issuing(Issuing::new()))
    }

    fn of(enrollment: Enrollment) -> Self {
        let scratch = Scratch::new();
        let folder = scratch.path("device");
        Self { registrar: Registrar::of(enrollment), scratch, folder }
    }

    fn requesting<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["--request-certificate", "--out-dir", &self.folder], more].concat()
    }

    fn provision(&self, carrier: &str, more: &[&str]) -> Run {
        self.registrar.register(carrier, &self.requesting(more))
    }

    /// With a certificate in its folder.
    fn provisioned(self, more: &[&str]) -> Self {
        self.provision("https", more).done();
        self
    }

    fn renew(&self, more: &[&str]) -> Run {
        self.registrar.site.ask(&[&["certificate", "renew", &self.folder], more].concat(), "")
    }

    /// The arguments of a renewal.
    fn renewing(&self) -> Vec<String> {
        let site = &self.registrar.site;
        let endpoint = format!("{HOST}={}", site.emulator.address());
        ["certificate", "renew", &self.folder, "--ca-file", &site.roots, "--endpoint", &endpoint]
            .map(String::from)
            .into()
    }

    fn write_kept(&self, kept: &Value) {
        fs::write(format!("{}/certificates.json", self.folder), kept.to_string()).unwrap();
    }

    fn kept(&self) -> Value {
        let text = fs::read(Path::new(&self.folder).join("certificates.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// How many certificates were issued.
    fn issued(&self) -> usize {
        self.registrar.site.emulator.issued_certificates(HOST, ID).len()
    }

    fn status(&self, more: &[&str]) -> Run {
        status(&self.folder, more)
    }

    fn fault(&self, operation: Operation, fault: Fault, times: u32) {
        self.registrar.site.emulator.fault(operation, fault, times);
    }

    /// Whether the hub accepts the pair of files.
    fn is_accepted(&self) {
        let run = self.registrar.site.ask(&["authenticate", &self.folder, "--connect"], "").done();
        assert!(run.out.contains("credential    x509\n") && run.out.ends_with("accepted\n"), "{run:?}");
    }

    /// Starts a command and kills it when its folder and the journal are as far as that.
    fn killed(&self, arguments: &[String], is_far: impl Fn(&Self) -> bool) {
        self.beside(arguments, is_far, || {});
    }

    /// The same, and does something before that.
    fn beside(&self, arguments: &[String], is_far: impl Fn(&Self) -> bool, act: impl FnOnce()) {
        let mut command = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let mut child = silent.spawn().unwrap();
        let came = (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(20));
            is_far(self)
        });
        if came {
            act();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(came, "{:?}", self.registrar.site.journal());
    }

    /// `openssl verify` of the pair's chain, and the key's public half.
    fn openssl_agrees(&self) {
        let root = pem::Pem::new("CERTIFICATE", self.registrar.site.emulator.issuing_root().unwrap());
        let root = self.scratch.write("root.pem", pem::encode(&root));
        let chain = format!("{}/certificate_public.pem", self.folder);
        let key = format!("{}/certificate_private.pem", self.folder);
        openssl(&["verify", "-CAfile", &root, "-untrusted", &chain, &chain]);
        let of_chain = openssl(&["x509", "-in", &chain, "-noout", "-pubkey"]);
        assert_eq!(of_chain, openssl(&["pkey", "-in", &key, "-pubout"]));
    }
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn status(source: &str, more: &[&str]) -> Run {
    defenderauth(&[&["certificate", "status", source], more].concat(), "")
}

#[test]
fn a_certificate_is_requested_with_the_registration() {
    for carrier in CARRIERS {
        let plant = Plant::new();
        let run = plant.provision(carrier, &[]).done();
        let rows = [
            format!("host name     {HOST}\n"),
            format!("certificate   CN={ID}\n"),
            " days, 0 % of its life has passed\n".into(),
            format!("key           {}\n", Path::new(&plant.folder).join("certificates.json").display()),
        ];
        assert!(rows.iter().all(|row| run.out.contains(row)), "{rows:?} in {run:?}");
        let kept = plant.kept();
        assert!(kept["pending"].is_null() && kept["current"]["chain"].as_array().unwrap().len() == 3, "{kept}");
        assert!(!Path::new(&plant.folder).join("certificate_public.pem").exists());
        assert_eq!(plant.issued(), 1);
    }
}

#[test]
fn json_has_the_certificate() {
    let plant = Plant::new();
    let report = plant.provision("https", &["--json", "--key-type", "p256"]).done().json();
    let certificate = &report["certificate"];
    let life = certificate["not_after"]["unix"].as_u64().unwrap() - certificate["not_before"]["unix"].as_u64().unwrap();
    assert!((29 * DAY..=31 * DAY).contains(&life), "{certificate}");
    assert_eq!((&certificate["subject"], &certificate["is_due"]), (&json!(format!("CN={ID}")), &json!(false)));
    let now = certificate["not_before"]["unix"].as_u64().unwrap() + DAY;
    let shown = plant.status(&["--json", "--now", &now.to_string()]).done().json();
    let changed = (&shown["days_left"], &shown["life_used_percent"]);
    assert_eq!(changed, (&json!(life / DAY - 1), &json!(DAY * 100 / life)));
    for member in ["subject", "issuer", "not_after", "due_from", "due_to", "key", "pending"] {
        assert_eq!(shown[member], certificate[member]);
    }
}

#[test]
fn the_connection_string_of_the_folder_names_the_device() {
    let plant = Plant::of(enrollment().device_id("pump-02").issuing(Issuing::new())).provisioned(&["--export-pem"]);
    let string = fs::read_to_string(format!("{}/connection_string.txt", plant.folder)).unwrap();
    assert_eq!(string, format!("HostName={HOST};DeviceId=pump-02;x509=true"));
    plant.is_accepted();
}

#[test]
fn a_group_issues_certificates_too() {
    let registrar = Registrar::new(Dps::new(SCOPE).group(group().issuing(Issuing::new())));
    let scratch = Scratch::new();
    let folder = scratch.path("device");
    for carrier in CARRIERS {
        let more = ["--request-certificate", "--out-dir", &folder, "--export-pem"];
        registrar.register_in_group(carrier, "pump-17", &more).done();
        registrar.site.ask(&["authenticate", &folder, "--connect"], "").done();
    }
    assert_eq!(registrar.site.emulator.issued_certificates(HOST, "pump-17").len(), 2);
}

#[test]
fn a_device_with_a_certificate_of_its_own_gets_another() {
    let (given, operational) = (Scratch::new(), Scratch::new());
    let made = ["certificate", "new", "self-signed", "--device-id", ID, "--out-dir", &given.folder()];
    let thumbprint = defenderauth(&made, "").done().thumbprint();
    let enrollment = Enrollment::with_thumbprint(ID, &thumbprint).pending(0).issuing(Issuing::new());
    let registrar = Registrar::of(enrollment);
    let (chain, key) = (given.path("certificate_public.pem"), given.path("certificate_private.pem"));
    let own = ["--cert-file", &chain, "--key-file", &key, "--request-certificate", "--export-pem"];
    for carrier in CARRIERS {
        let folder = operational.path(carrier);
        registrar.provision(carrier, ID, &[&own[..], &["--out-dir", &folder]].concat()).done();
        registrar.site.ask(&["authenticate", &folder, "--connect"], "").done();
    }
    let lost = registrar.provision("https", ID, &[&own[..], &["--out-dir", &given.folder()]].concat());
    lost.failed(2, &["certificate_private.pem", "this command reads this file, which would be lost"]);
}

#[cfg(unix)]
#[test]
#[ignore = "needs swtpm"]
fn a_device_with_a_tpm_gets_a_certificate() {
    let machine = crate::support::machine::Machine::enrolled(|enrollment| enrollment.issuing(Issuing::new()));
    let scratch = Scratch::new();
    let folder = scratch.path("device");
    machine.provision(&["--request-certificate", "--out-dir", &folder, "--export-pem"]).done();
    machine.site.ask(&["authenticate", &folder, "--connect"], "").done();
}

#[test]
fn a_certificate_is_renewed_with_a_new_key() {
    let plant = Plant::new().provisioned(&["--export-pem"]);
    let (before, files) = (plant.kept(), fs::read(format!("{}/certificate_public.pem", plant.folder)).unwrap());
    let run = plant.renew(&[]).done();
    for step in
        ["requesting a certificate at", "the hub has accepted the request", "connecting with the new certificate"]
    {
        assert!(run.err.contains(step), "no {step:?} in {run:?}");
    }
    let after = plant.kept();
    assert!(after["current"]["key"] != before["current"]["key"] && after["pending"].is_null(), "{after}");
    assert_ne!(files, fs::read(format!("{}/certificate_public.pem", plant.folder)).unwrap());
    assert_eq!(plant.issued(), 2);
    plant.is_accepted();
    let reported = plant.registrar.site.emulator.reported(HOST, ID, None).unwrap();
    assert!(reported["certificate"]["validUntil"].is_string(), "{reported}");
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn openssl_verifies_each_chain() {
    for key_type in ["p384", "p256"] {
        let plant = Plant::new().provisioned(&["--export-pem", "--key-type", key_type]);
        plant.openssl_agrees();
        plant.renew(&["--key-type", key_type]).done();
        plant.openssl_agrees();
    }
}

#[test]
fn a_certificate_is_due_after_two_thirds_of_its_life() {
    let plant = Plant::new().provisioned(&["--export-pem"]);
    let shown = plant.status(&["--json"]).done().json();
    let at = |name: &str| shown[name]["unix"].as_u64().unwrap();
    let (from, to, due) = (at("not_before"), at("not_after"), at("due_from"));
    assert_eq!(due - from, (to - from) * 2 / 3);
    for (now, code, left) in [
        (due - 1, 0, "left          10 days, 66 % of its life has passed\n"),
        (due, 1, "left          10 days, 66 % of its life has passed\n"),
        (to - DAY, 1, "left          1 day, 96 % of its life has passed\n"),
        (to + 3 * DAY, 1, "left          none, it expired 3 d ago\n"),
    ] {
        let run = plant.status(&["--now", &now.to_string()]);
        assert!(run.code == code && run.out.contains(left) && run.err.is_empty(), "{run:?}");
        assert_eq!(run.out.contains("due           now, since "), code == 1);
    }
    // The files that an agent reads, with and without their folder.
    fs::remove_file(format!("{}/certificates.json", plant.folder)).unwrap();
    for (source, key) in [(plant.folder.clone(), true), (format!("{}/certificate_public.pem", plant.folder), false)] {
        let run = status(&source, &["--now", &due.to_string()]);
        assert!(run.code == 1 && run.out.contains("certificate_private.pem\n") == key, "{run:?}");
    }
}

#[test]
fn a_folder_without_a_certificate_is_named() {
    let (scratch, plant) = (Scratch::new(), Plant::new());
    status(&scratch.folder(), &[]).failed(2, &["certificate_public.pem", "no such file"]);
    status(&scratch.path("none"), &[]).failed(2, &["none", "no such file"]);
    plant.renew(&[]).failed(2, &["it has no certificates; fill it by `defenderauth provision --request-certificate"]);
    assert!(!Path::new(&plant.folder).exists());
    scratch.write("certificates.json", "{");
    status(&scratch.folder(), &[]).failed(2, &["certificates.json", "not JSON"]);
}

#[test]
fn an_interrupted_registration_continues_with_its_request() {
    let plant = Plant::new();
    plant.fault(Operation::Register, Fault::Status(401), 1);
    plant.provision("https", &[]).failed(1, &[]);
    let pending = plant.kept()["pending"].clone();
    assert!(pending["request"].is_string() && plant.kept()["current"].is_null(), "{pending}");
    plant.status(&[]).failed(2, &["its certificate has not come yet; run `defenderauth provision` again"]);
    let run = plant.provision("https", &[]).done();
    assert!(run.err.starts_with("continuing with the request that is pending\n"), "{run:?}");
    assert_eq!(plant.kept()["current"]["key"], pending["key"]);
}

#[test]
fn an_interrupted_registration_gets_the_certificate_of_its_operation() {
    for carrier in CARRIERS {
        let enrollment = enrollment().issuing(Issuing::new()).pending(1);
        let registrar = Registrar::new(Dps::new(SCOPE).retry_after(60).enrollment(enrollment));
        let plant = Plant { registrar, ..Plant::new() };
        let by = plant.registrar.address(carrier);
        let arguments = plant.registrar.arguments(by, &plant.requesting(&["--carrier", carrier]));
        plant.killed(&arguments, |plant| plant.kept()["pending"]["operation"].is_string());
        let pending = plant.kept()["pending"].clone();
        let run = plant.provision(carrier, &[]).done();
        assert!(run.err.starts_with("continuing with the registration that was interrupted\n"), "{run:?}");
        assert!(!run.err.contains("registering the device"), "{run:?}");
        assert_eq!((plant.issued(), &plant.kept()["current"]["key"]), (1, &pending["key"]));
        assert!(plant.kept()["pending"].is_null());
    }
}

#[test]
fn an_operation_that_the_service_has_forgotten_is_replaced() {
    let plant = Plant::of(enrollment().issuing(Issuing::new()).pending(1));
    plant.fault(Operation::RegistrationStatus, Fault::Status(403), 1);
    plant.provision("https", &[]).failed(1, &[]);
    let mut kept = plant.kept();
    assert!(kept["pending"]["operation"].is_string(), "{kept}");
    kept["pending"]["operation"] = "4.of-another-service".into();
    plant.write_kept(&kept);
    let run = plant.provision("https", &[]).done();
    let steps = ["polling the registration status", "registering the device", "polling the registration status"];
    let mut rest = run.err.as_str();
    for step in steps {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("no {step} in {run:?}")).1;
    }
    kept["pending"]["operation"] = "../up".into();
    plant.write_kept(&kept);
    plant.provision("https", &[]).failed(2, &["certificates.json", "the member operation"]);
}

#[test]
fn a_renewal_does_not_take_the_request_of_a_registration_that_was_interrupted() {
    let plant = Plant::of(enrollment().issuing(Issuing::new()).pending(1)).provisioned(&[]);
    plant.fault(Operation::RegistrationStatus, Fault::Status(403), 1);
    plant.provision("https", &[]).failed(1, &[]);
    plant.renew(&[]).failed(2, &["a registration was interrupted, and may have issued a certificate"]);
    plant.provision("https", &[]).done();
    plant.renew(&[]).done();
    assert_eq!(plant.issued(), 3, "each was used");
}

#[test]
fn two_processes_do_not_request_certificates_in_one_folder() {
    let plant = Plant::new().provisioned(&[]);
    plant.fault(Operation::IssueCertificate, Fault::NoAnswer, 1);
    let asked = |plant: &Plant| plant.registrar.site.journal().iter().any(|entry| entry.contains("fault"));
    plant.beside(&plant.renewing(), asked, || {
        let in_use = [plant.folder.as_str(), "another process is using its certificates"];
        plant.renew(&[]).failed(1, &in_use);
        plant.provision("https", &[]).failed(1, &in_use);
        plant.status(&[]).done();
    });
    assert_eq!(plant.registrar.site.journal().iter().filter(|entry| entry.contains("register ")).count(), 1);
    plant.renew(&[]).done();
    assert_eq!(plant.issued(), 2);
}

#[test]
fn an_interrupted_renewal_continues_with_its_request() {
    let plant = Plant::new().provisioned(&[]);
    plant.fault(Operation::IssueCertificate, Fault::NoAnswer, 1);
    let asked = |plant: &Plant| plant.registrar.site.journal().iter().any(|entry| entry.contains("fault"));
    plant.killed(&plant.renewing(), asked);
    let (kept, old) = (plant.kept(), plant.status(&["--json"]).done().json());
    assert_eq!(old["pending"], "P-384");
    let run = plant.renew(&[]).done();
    assert!(run.err.starts_with("continuing with the request that is pending\n"), "{run:?}");
    assert_eq!(plant.kept()["current"]["key"], kept["pending"]["key"]);
    assert_eq!(plant.issued(), 2);
}

#[test]
fn a_lost_connection_is_opened_again() {
    let plant = Plant::new().provisioned(&[]);
    plant.fault(Operation::IssueCertificate, Fault::ResetMidBody, 1);
    let run = plant.renew(&[]).done();
    assert!(run.err.contains("; connecting again\n"), "{run:?}");
    assert_eq!(plant.issued(), 2);
}

#[test]
fn certificates_that_came_before_the_end_are_used_without_another_request() {
    let plant = Plant::new().provisioned(&[]);
    // As if the process had ended between the two: what was issued is pending again.
    let mut kept = plant.kept();
    let current = kept["current"].take();
    let fresh = Plant::new();
    fresh.fault(Operation::Register, Fault::Status(401), 1);
    fresh.provision("https", &[]).failed(1, &[]);
    let mut pending = fresh.kept()["pending"].clone();
    pending["chain"] = current["chain"].clone();
    kept["pending"] = pending;
    kept.as_object_mut().unwrap().remove("current");
    fs::write(format!("{}/certificates.json", plant.folder), kept.to_string()).unwrap();
    // They are for another key than this request's, and so they are refused and not requested again.
    let run = plant.provision("https", &[]);
    assert!(run.err.starts_with("continuing with the certificate that was issued earlier\n"), "{run:?}");
    run.failed(1, &["for another key than that of the request"]);
    assert_eq!(plant.issued(), 1);
}

#[test]
fn a_chain_that_is_refused_leads_to_no_other_issue() {
    for (fault, what) in [
        (ChainFault::Reversed, "which is not the certificate after it"),
        (ChainFault::TooLong, "a chain of 7 certificates"),
        (ChainFault::Expired, "expired at"),
        (ChainFault::AnotherKey, "for another key than that of the request"),
        (ChainFault::AnotherName, "the common name of the issued certificate is"),
        (ChainFault::BadSignature, "does not verify"),
        (ChainFault::NotBase64, "registrationState.issuedCertificateChain"),
        (ChainFault::Absent, "its enrollment has no policy for that"),
    ] {
        let plant = Plant::new();
        plant.fault(Operation::Register, Fault::Chain(fault), 1);
        let run = plant.provision("https", &[]);
        assert!(run.out.starts_with(&format!("host name     {HOST}\n")), "the device is assigned: {run:?}");
        run.failed(1, &[what]);
        let answered = plant.registrar.site.journal().iter().filter(|entry| entry.contains("answered")).count();
        assert_eq!(answered, 1, "{fault:?}");
        assert!(plant.kept()["current"].is_null(), "{fault:?}");
        plant.provision("https", &[]).done();
    }
}

#[test]
fn a_renewal_that_is_refused_leaves_the_certificate_in_use() {
    let plant = Plant::of(enrollment().issuing(Issuing::new().key_types([KeyType::P256]))).provisioned_with_p256();
    let current = plant.kept()["current"].clone();
    plant
        .renew(&["--key-type", "p384"])
        .failed(1, &["the certificate authority refuses the request, whose key is P-384"]);
    assert_eq!(plant.kept()["current"], current);
    let run = plant.renew(&["--key-type", "p256"]).done();
    assert!(!run.err.contains("continuing"), "another kind of key is another request: {run:?}");
    assert_ne!(plant.kept()["current"], current);
    plant.renew(&[]).done();
    assert_eq!(plant.issued(), 3, "the kind of the key in use is the default");
}

impl Plant {
    fn provisioned_with_p256(self) -> Self {
        self.provisioned(&["--key-type", "p256"])
    }
}

#[test]
fn a_revoked_certificate_is_not_renewed() {
    let plant = Plant::new().provisioned(&[]);
    plant.registrar.site.emulator.revoke_certificates(HOST, ID).unwrap();
    plant.renew(&[]).failed(1, &["the hub refused", "CONNACK 5", "Cause"]);
    plant.status(&[]).done();
}

#[test]
fn what_a_folder_holds_of_others_is_not_replaced() {
    let plant = Plant::new().provisioned(&[]);
    let other = plant.registrar.provision(
        "https",
        "dev-03",
        &[&["--key-file", &plant.registrar.site.scratch.path("device.key")], &plant.requesting(&[])[..]].concat(),
    );
    other.failed(2, &["it has the certificates of dev-02, not of dev-03; name another folder"]);
    let agents = Scratch::new();
    agents.write("connection_string.txt", device());
    let more = ["--request-certificate", "--out-dir", &agents.folder()];
    let run = plant.registrar.register("https", &more);
    run.failed(2, &["connection_string.txt", "it has a key, which would be lost"]);
    assert_eq!(plant.issued(), 1);
}

#[test]
fn a_request_needs_a_folder_and_a_registration() {
    let plant = Plant::new();
    plant.registrar.register("https", &["--request-certificate"]).misused(&["--out-dir"]);
    plant.registrar.register("https", &["--out-dir", "x"]).misused(&["--request-certificate"]);
    plant.provision("https", &["--lookup"]).misused(&["--lookup"]);
    assert!(!Path::new(&plant.folder).exists());
}

#[test]
fn a_hub_of_the_profile_of_mqtt_5_is_named_as_the_reason_for_no_renewal() {
    let plant = Plant::new().provisioned(&[]);
    // What such a hub answers to a CONNECT of MQTT 3.1.1.
    plant.fault(Operation::Connect, Fault::Connack(1), 1);
    let expected = ["connection profile `mqttV5`, which has no renewal of certificates", "--request-certificate"];
    plant.renew(&[]).failed(1, &expected);
}
