//! Daemons of this device that sign for the agent.

pub(crate) mod options;
