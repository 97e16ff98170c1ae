//! The example with operational certificates, against the emulator.

#![cfg(all(feature = "full", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/compiled.rs"]
mod compiled;
#[path = "../../tests/support/scratch.rs"]
mod scratch;

use compiled::{Bench, Run, run};
use defender_auth_emulator::{ChainFault, Dps, Emulator, Enrollment, Fault, Hub, Issuing, Operation, World};
use std::{fs, path::PathBuf, process::Command};

const HUB: &str = "contoso.azure-devices.net";
const DEVICE: &str = "dev-01";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

struct Place {
    bench: Bench,
    program: PathBuf,
    cloud: Emulator,
}

impl Place {
    fn new() -> Self {
        Self::pending(0)
    }

    /// Where a registration is assigned at that status request.
    fn pending(polls: u32) -> Self {
        let enrollment = Enrollment::new(DEVICE, KEY).issuing(Issuing::new()).pending(polls);
        let dps = Dps::new("0ne00000A0A").retry_after(0).enrollment(enrollment);
        let world = World::new().hub(Hub::new(HUB)).dps(dps);
        let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
        let bench = Bench::new();
        let libraries = ["--cflags", "--libs", "libmosquitto", "libssl", "libcrypto"];
        let flags = run(Command::new("pkg-config").args(libraries)).done();
        let options: Vec<_> = flags.split_whitespace().chain(["-fsanitize=address,undefined"]).collect();
        let program = bench.build("operational_certificate", &["examples/operational_certificate.c"], &options);
        bench.scratch.write("key", KEY);
        bench.scratch.write("roots.pem", cloud.root_pem());
        Self { bench, program, cloud }
    }

    fn run(&self) -> Run {
        let path = |name: &str| self.bench.scratch.path(name);
        let mqtt = self.cloud.address();
        let to = [self.cloud.https_address().to_string(), mqtt.ip().to_string(), mqtt.port().to_string()];
        let [https, address, port] = &to;
        let files = [path("key"), path("state"), path("roots.pem")];
        let [key, state, roots] = &files;
        self.bench.run(&self.program, &["0ne00000A0A", DEVICE, key, state, roots, https, address, port])
    }

    fn issued(&self) -> usize {
        self.cloud.issued_certificates(HUB, DEVICE).len()
    }

    fn kept(&self) -> String {
        fs::read_to_string(self.bench.scratch.path("state/certificates.json")).unwrap()
    }
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and libssl"]
fn a_certificate_is_issued_used_and_renewed() {
    let place = Place::new();
    let first = place.run().done();
    assert!(first.starts_with("issued\nvalid from ") && first.ends_with("connected with the certificate\n"), "{first}");
    let kept = place.kept();
    let second = place.run().done();
    assert!(second.starts_with("renewed\nvalid from ") && place.kept() != kept, "{second}");
    assert_eq!(place.issued(), 2);
    assert!(!place.kept().contains("pending"), "{}", place.cloud.journal().entries().len());
    let reported = place.cloud.reported(HUB, DEVICE, None).unwrap();
    assert!(reported.to_string().contains("validUntil"), "{reported}");
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and libssl"]
fn a_registration_that_was_interrupted_goes_on_with_its_operation() {
    let place = Place::pending(1);
    place.cloud.fault(Operation::RegistrationStatus, Fault::Status(401), 1);
    let run = place.run();
    assert_ne!(run.code, Some(0), "{run:?}");
    assert!(place.kept().contains("\"operation\":\""));
    assert!(place.run().done().starts_with("issued\n"));
    assert_eq!(place.issued(), 1, "it was registered once");
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and libssl"]
fn a_renewal_survives_a_lost_connection() {
    let place = Place::new();
    place.run().done();
    place.cloud.fault(Operation::IssueCertificate, Fault::ResetMidBody, 1);
    assert!(place.run().done().starts_with("renewed\n"));
    assert_eq!(place.issued(), 2);
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and libssl"]
fn a_refused_chain_leaves_the_certificate_in_use() {
    let place = Place::new();
    place.cloud.fault(Operation::Register, Fault::Chain(ChainFault::AnotherKey), 1);
    place.run().failed(1, &["for another key than that of the request"]);
    assert!(!place.kept().contains("pending") && !place.kept().contains("current"));
    place.cloud.fault(Operation::Register, Fault::Chain(ChainFault::Absent), 1);
    place.run().failed(1, &["no certificate was issued"]);
    assert!(place.run().done().starts_with("issued\n"));
}
