//! `defenderauth stay`

mod event;
#[cfg_attr(windows, path = "console_events.rs")]
mod signals;

use crate::{
    certificates::kept,
    input::time,
    login::subject::{Subject, SubjectOptions},
    network::{options::NetworkOptions, route::Network},
    terminal::{clock, failure::Failure, output},
};
use clap::Args;
use defender_auth::{
    session::{Backoff, Policy, Source},
    store::Store,
};
use defender_auth_mqtt::driver::{Driver, DriverError};
use event::Report;
use std::{path::PathBuf, time::Duration};

#[derive(Args)]
pub(crate) struct Stay {
    #[command(flatten)]
    subject: SubjectOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// With identity DPS: register the device; without it, its registration is looked up, as the agents do
    #[arg(long)]
    register: bool,
    /// The folder that keeps the state between runs, which only its owner can read: a restart begins with the credential that
    /// worked. One process at a time uses it
    #[arg(long, alias = "state", value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// The lifetime of each token; it is renewed when 80 to 85 % of it have passed
    #[arg(long, value_name = "DURATION", value_parser = time::lifetime, default_value = "8h")]
    token_lifetime: Duration,
    /// The longest time without a packet, 1177s at most
    #[arg(long, value_name = "DURATION", value_parser = time::lifetime)]
    keep_alive: Option<Duration>,
    /// The shortest wait before a connection is tried again; it grows with each failure
    #[arg(long, value_name = "DURATION", value_parser = time::lifetime, default_value = "5s")]
    first_wait: Duration,
    /// Print each event as a JSON document on a line of its own
    #[arg(long)]
    json: bool,
}

impl Stay {
    fn policy(&self) -> Policy {
        let usual = Policy::default();
        let most = usual.connect.most.max(self.first_wait);
        Policy {
            token_lifetime: self.token_lifetime,
            connect: Backoff { first: self.first_wait, most, ..usual.connect },
            hub_api_version: self.subject.hub_api_version().cloned(),
            ..usual
        }
    }
}

pub(crate) fn run(arguments: &Stay) -> Result<(), Failure> {
    let ended = stay(arguments);
    if arguments.json { output::json_lines_ended(ended) } else { ended }
}

fn stay(arguments: &Stay) -> Result<(), Failure> {
    // Before the first connection: a signal ends it as well.
    let signals = signals::Signals::new()?;
    clock::now();
    let Subject { plan, keys, gateway_roots, .. } = arguments.subject.load()?;
    let NetworkOptions { trust, endpoints, way } = &arguments.network;
    let network = Network::new(trust, endpoints, way)?.or_roots(gateway_roots);
    let is_lookup = !(arguments.register || arguments.subject.must_register());
    let plan = plan.lookup_only(is_lookup).map_err(defender_auth::Error::from)?;
    let mut options = network.driver_options().with_signer(keys);
    if let Some(interval) = arguments.keep_alive {
        options = options.with_keep_alive(interval);
    }
    if let Some(folder) = &arguments.state_dir {
        options = options.with_store(Store::open(folder).map_err(kept::failed)?);
    }
    let source = Source::new("agent", plan);
    let mut driver = Driver::new(vec![source], arguments.policy(), options).map_err(failed)?;
    let signals = signals.cancel(driver.control());
    loop {
        match driver.next(Duration::MAX) {
            Ok(Some(event)) => Report::of(&event, &driver).print(arguments.json)?,
            Ok(None) => {}
            Err(DriverError::Cancelled) => break,
            Err(error) => return Err(failed(error)),
        }
    }
    Report::ended(signals.received(), &driver).print(arguments.json)?;
    Ok(())
}

fn failed(error: DriverError) -> Failure {
    match error {
        DriverError::Store(error) => kept::failed(error),
        error => Failure::Call(error.to_string()),
    }
}
