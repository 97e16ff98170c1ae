//! Agents that own no key, found by their environment, their files or the socket of a daemon.

use crate::{
    abi::ResultCode,
    agent_config::AgentConfig,
    code::DEFENDERAUTH_NOT_APPLICABLE,
    daemon::{Daemon, Holder},
    error::Error,
    failure::Failure,
    guard, input,
    object::shared,
    view::View,
};
use defender_auth::Plan;
use std::{ffi::c_char, mem::MaybeUninit, path::Path};

/// The plan of an agent without a key, or of an agent's files.
#[cfg(all(feature = "agent", feature = "local-signer"))]
fn find(path: &Path) -> Result<(Plan, Vec<View>), Failure> {
    Ok(crate::agent_config::parts(defender_auth::agent::load_or_find(path, |name| std::env::var(name).ok())?))
}

#[cfg(not(all(feature = "agent", feature = "local-signer")))]
fn find(_path: &Path) -> Result<(Plan, Vec<View>), Failure> {
    Err(Failure::unsupported("finding agents without a key (features `agent` and `local-signer`)"))
}

/// Finds an agent that need not own a key: a module of IoT Edge by the variables `IOTEDGE_` of this process; else what
/// `defenderauth_agent_config_load` reads at this path; else, where there is no such file, the identity service when it has its
/// socket in `/run/aziot`. No daemon is asked yet.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_find(
    path: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<AgentConfig>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || find(input::path("path", path, len)?).map(AgentConfig::of))
}

/// Creates the daemon that signs for the agent: its identity is `DEFENDERAUTH_IDENTITY_DAEMON`. Otherwise
/// `DEFENDERAUTH_NOT_APPLICABLE`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_daemon(
    config: Option<&AgentConfig>,
    out: Option<&mut MaybeUninit<Option<Box<Daemon>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let config = shared(config)?;
        let holder = Holder::of(&config.plan()).ok_or_else(|| {
            let message = "no daemon signs for this agent; it has its own credential";
            Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("config")
        })?;
        Ok(Daemon::from(holder))
    })
}
