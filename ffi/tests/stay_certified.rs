//! The example agent that stays connected with operational certificates, against the emulator: from its registration through
//! a renewal, a restart and a revocation.

#![cfg(all(feature = "full", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/compiled.rs"]
mod compiled;
#[path = "../../tests/support/ended.rs"]
mod ended;
#[path = "../../tests/support/scratch.rs"]
mod scratch;
#[path = "support/spoken.rs"]
#[allow(dead_code, reason = "the other example uses the rest")]
mod spoken;

use compiled::{Bench, run};
use defender_auth_emulator::{ChainFault, Dps, Emulator, Enrollment, Fault, Hub, Issuing, Operation, World};
use spoken::{Agent, Clock};
use std::{fs, path::PathBuf, process::Command};

const HUB: &str = "contoso.azure-devices.net";
const DEVICE: &str = "dev-01";
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";

/// Past the window of a renewal: after 24.5 of 30 days.
const DUE: (&str, i64) = ("+2116800", 2_116_800);

struct Place {
    bench: Bench,
    program: PathBuf,
    cloud: Emulator,
    clock: Clock,
}

impl Place {
    fn new() -> Self {
        let enrollment = Enrollment::new(DEVICE, KEY).issuing(Issuing::new()).pending(0);
        let world = World::new().hub(Hub::new(HUB)).dps(Dps::new("0ne00000A0A").enrollment(enrollment));
        let cloud = Emulator::play(world, "127.0.0.1:0".parse().unwrap()).unwrap();
        let bench = Bench::new();
        let libraries = ["--cflags", "--libs", "libmosquitto", "libssl", "libcrypto"];
        let flags = run(Command::new("pkg-config").args(libraries)).done();
        let options: Vec<_> = flags.split_whitespace().chain(["-Wconversion"]).collect();
        let program = bench.build("stay_certified", &["examples/stay_certified.c"], &options);
        bench.scratch.write("key", KEY);
        bench.scratch.write("roots.pem", cloud.root_pem());
        let clock = Clock::new(&bench);
        Self { bench, program, cloud, clock }
    }

    fn start(&self) -> Agent {
        let path = |name: &str| self.bench.scratch.path(name);
        let mut command = self.bench.command(&self.program);
        command.args(["0ne00000A0A", DEVICE, &path("key"), &path("state"), &path("roots.pem")]);
        command.arg(self.cloud.https_address().to_string()).arg(self.cloud.address().ip().to_string());
        command.arg(self.cloud.address().port().to_string());
        Agent::of(self.clock.of(&mut command))
    }

    /// Ends the agent, and starts it when its certificate is due. A clock that jumps while a service has confirmed its time is
    /// not believed.
    fn restart_when_due(&self, agent: Agent) -> Agent {
        drop(agent);
        self.cloud.clock_offset(DUE.1);
        self.clock.set(DUE.0);
        let mut agent = self.start();
        agent.says(&["restored"]);
        agent.says(&["connected", "dps/certificate"]);
        agent
    }

    fn issued(&self) -> usize {
        self.cloud.issued_certificates(HUB, DEVICE).len()
    }

    fn registrations(&self) -> usize {
        let entries = self.cloud.journal().entries();
        entries.iter().filter(|entry| entry.to_string().contains("register ")).count()
    }

    fn kept(&self) -> String {
        fs::read_to_string(self.bench.scratch.path("state/certificates.json")).unwrap()
    }
}

/// Registers, and connects with the certificate.
fn certified(place: &Place) -> Agent {
    let mut agent = place.start();
    agent.says(&["begun"]);
    agent.says(&["certificate requested"]);
    agent.says(&["certificate kept"]);
    agent.says(&["connected", "dps/certificate"]);
    agent
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and faketime"]
fn it_connects_with_a_certificate_renews_it_and_connects_with_the_next() {
    let place = Place::new();
    let agent = certified(&place);
    let first = place.kept();
    assert_eq!((place.issued(), place.registrations(), first.contains("pending")), (1, 1, false), "{:#?}", agent.all);

    let mut agent = place.restart_when_due(agent);
    agent.says(&["certificate requested"]);
    agent.says(&["renewing the certificate"]);
    agent.says(&["certificate kept"]);
    agent.says(&["connected anew", "dps/certificate"]);
    let second = place.kept();
    assert!(second != first && !second.contains("pending"), "{:#?}", agent.all);
    assert_eq!((place.issued(), place.registrations()), (2, 1), "{:#?}", agent.all);
    let reported = place.cloud.reported(HUB, DEVICE, None).unwrap();
    assert!(reported.to_string().contains("validUntil"), "{reported}");

    // Killed in the middle of its work.
    drop(agent);
    let mut agent = place.start();
    agent.says(&["restored"]);
    agent.says(&["connected", "dps/certificate"]);
    assert_eq!((agent.all.len(), place.registrations()), (2, 1), "{:#?}", agent.all);

    place.cloud.revoke_certificates(HUB, DEVICE).unwrap();
    place.cloud.disconnect(HUB, DEVICE, None).unwrap();
    agent.says(&["connection lost"]);
    agent.says(&["certificate requested"]);
    agent.says(&["connected", "dps/certificate"]);
    assert_eq!((place.issued(), place.registrations()), (3, 2), "{:#?}", agent.all);
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and faketime"]
fn a_renewal_survives_a_lost_connection_and_costs_one_certificate() {
    let place = Place::new();
    let agent = certified(&place);
    place.cloud.fault(Operation::IssueCertificate, Fault::ResetMidBody, 1);
    let mut agent = place.restart_when_due(agent);
    agent.says(&["renewing the certificate"]);
    agent.says(&["connection lost"]);
    agent.says(&["certificate kept"]);
    assert_eq!(place.issued(), 2, "{:#?}", agent.all);
}

#[test]
#[ignore = "needs a C compiler, libmosquitto and faketime"]
fn a_refused_chain_leaves_the_certificate_in_use() {
    let place = Place::new();
    let agent = certified(&place);
    let first = place.kept();
    place.cloud.fault(Operation::IssueCertificate, Fault::Chain(ChainFault::AnotherKey), 1);
    let mut agent = place.restart_when_due(agent);
    agent.says(&["certificate refused", "for another key than that of the request"]);
    agent.says(&["certificate refused", "dps/certificate"]);
    assert_eq!(place.kept(), first, "{:#?}", agent.all);
    agent.says(&["certificate kept"]);
    agent.says(&["connected anew", "dps/certificate"]);
    assert_ne!(place.kept(), first, "{:#?}", agent.all);
}
