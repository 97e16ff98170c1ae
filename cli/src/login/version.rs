//! The connection profile of a hub, and the version of MQTT that goes with it.

use crate::terminal::failure::Failure;
use clap::Args;
use defender_auth::{Outcome, Plan, outcome::ConnectionProfile};

/// What an identity that is known does not tell of its hub.
#[derive(Args)]
pub(crate) struct HubProfile {
    /// The connection profile of the hub: classic (MQTT 3.1.1), or mqttV5 (MQTT 5, with a certificate). A registration tells
    /// it from --dps-api-version 2026-11-02-preview on
    #[arg(long, value_name = "NAME", conflicts_with = "id_scope")]
    connection_profile: Option<String>,
}

impl HubProfile {
    /// The plan at a hub of this profile.
    pub(crate) fn apply(&self, plan: Plan) -> Result<Plan, Failure> {
        let Some(name) = &self.connection_profile else { return Ok(plan) };
        let Some(outcome) = plan.into_outcome() else {
            let what = "--connection-profile is for an identity that needs no request to a service; leave it out";
            return Err(Failure::Call(what.into()));
        };
        Ok(outcome.with_connection_profile(ConnectionProfile::named(name))?.into())
    }
}

/// The version of MQTT.
pub(crate) fn of(me: &Outcome) -> &'static str {
    match me.connection_profile() {
        ConnectionProfile::Classic => "3.1.1",
        _ => "5",
    }
}
