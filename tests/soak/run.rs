//! From the first look to the verdict.

use crate::{
    agent::Site,
    arguments::{Arguments, End},
    cloud::{self, Cloud},
    errand::Soak,
    fleet::{DPS, HUBS, muster},
    order::Order,
    random::Random,
    swtpm::Swtpm,
    watch::Watch,
};
use defender_auth::{dps::Attestation, tpm::Tpm as _};
use std::{
    process::{self, ExitCode},
    thread,
    time::{Duration, Instant},
};

/// Between two operations of a soak that goes by time, so that it leaves the machine to others.
const PAUSE: Duration = Duration::from_millis(20);

/// More of what nobody can explain is not worth waiting for.
const ENOUGH: u64 = 20;

pub(crate) fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == cloud::ROLE) {
        cloud::serve();
        return ExitCode::SUCCESS;
    }
    match Arguments::parse(&words) {
        Ok(Some(arguments)) if soak(&arguments) => ExitCode::SUCCESS,
        Ok(Some(_)) => ExitCode::FAILURE,
        Ok(None) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::from(2)
        }
    }
}

fn soak(arguments: &Arguments) -> bool {
    let mut random = Random::seeded(arguments.seed);
    let tpm = arguments.with_tpm.then(Swtpm::with_keys);
    let (members, config) = muster(&mut random, tpm.as_ref().map(attestation));
    let cloud = Cloud::start(&config);
    let mut watches = [Watch::new("fleet", process::id()), Watch::new("services", cloud.pid())];
    let [first, second] = HUBS;
    let mut soak = Soak::new(Site::new(cloud, &[first, second, DPS], tpm, random), members);
    println!("soak: seed {}", arguments.seed);
    let begin = Instant::now();
    let interval = match arguments.end {
        End::After(time) => (time / 60).max(Duration::from_secs(1)),
        End::Operations(_) => Duration::from_secs(5),
    };
    look(&mut watches, &mut soak, begin);
    let mut next = interval;
    while soak.tally.unexplained < ENOUGH {
        match arguments.end {
            End::After(time) if begin.elapsed() >= time => break,
            End::After(_) => thread::sleep(PAUSE),
            End::Operations(count) if soak.tally.operations >= count => break,
            End::Operations(_) => {}
        }
        soak.step();
        if begin.elapsed() >= next {
            next += interval;
            look(&mut watches, &mut soak, begin);
        }
    }
    look(&mut watches, &mut soak, begin);
    let verdicts = watches.map(|watch| watch.verdict());
    for (text, _) in &verdicts {
        println!("soak: {text}");
    }
    let is_flat = verdicts.iter().all(|(_, is_flat)| *is_flat);
    let is_explained = soak.tally.unexplained == 0;
    let lines = if is_flat { "flat lines" } else { "LINES THAT RISE" };
    let refusals = if is_explained { "no unexplained refusal" } else { "UNEXPLAINED REFUSALS" };
    println!("soak: {lines}, {refusals}");
    is_flat && is_explained
}

fn attestation(tpm: &Swtpm) -> Attestation {
    let mut client = tpm.client();
    Attestation::Tpm {
        endorsement_key: client.endorsement_key().unwrap(),
        storage_root_key: client.storage_root_key().unwrap(),
    }
}

fn look(watches: &mut [Watch; 2], soak: &mut Soak, begin: Instant) {
    // So that all have the files open that they need.
    soak.settle_all("nothing", 0);
    soak.site.cloud.tell(&Order::ClearJournal);
    let (tally, seconds) = (&soak.tally, begin.elapsed().as_secs());
    let [fleet, services] = watches.each_mut().map(Watch::look);
    println!(
        "{:3}:{:02} {:6} operations {:6} tokens {:5} connects {:5} renewals {:4} rotations {:4} moves {:5} faults | refusals {:5} \
         explained {} unexplained | fleet {:6} KiB {} files | services {:6} KiB {} files",
        seconds / 60,
        seconds % 60,
        tally.operations,
        soak.site.tokens,
        tally.connects,
        tally.renewals,
        tally.rotations,
        tally.moves,
        tally.faults,
        tally.explained,
        tally.unexplained,
        fleet.memory,
        fleet.files,
        services.memory,
        services.files,
    );
}
