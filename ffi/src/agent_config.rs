//! Agents' configurations.

use crate::object::{Poison, object};
use defender_auth::Plan;

/// An agent's configuration.
pub struct AgentConfig {
    poison: Poison,
    plan: Plan,
}

object!(AgentConfig, "config");

impl AgentConfig {
    pub(crate) fn plan(&self) -> Plan {
        self.plan.clone()
    }
}
