//! Configurations of agents.

mod reading;

use crate::{
    abi::{Flag, ResultCode, Str},
    code::{
        DEFENDERAUTH_IDENTITY_DAEMON, DEFENDERAUTH_IDENTITY_DEVICE, DEFENDERAUTH_IDENTITY_DPS,
        DEFENDERAUTH_IDENTITY_MODULE, DEFENDERAUTH_NOT_APPLICABLE,
    },
    daemon::{Daemon, Holder},
    error::Error,
    failure::Failure,
    guard,
    identity::Names,
    input::{self, Path},
    object::{Poison, exclusive, object, shared},
    opener::{self, Opener},
    view::View,
};
use alloc::{boxed::Box, vec::Vec};
use core::{ffi::c_char, mem::MaybeUninit};
use defender_auth::{
    Plan,
    device_mode::Target,
    identity::Identity,
    outcome::{Device, Outcome},
};

/// The configuration of an agent, with the files that it names. Wiped when freed. Free it with
/// `defenderauth_agent_config_free`.
pub struct AgentConfig {
    poison: Poison,
    plan: Plan,
    views: Views,
    findings: Vec<View>,
}

object!(AgentConfig, "config");

#[derive(Default)]
struct Views {
    names: Names,
    id_scope: View,
    registration_id: View,
}

impl Views {
    fn of(plan: &Plan) -> Self {
        let identity = plan.outcome().map(Outcome::identity).or(plan.known_device().map(Device::identity));
        let mut names = identity.map(Names::of).unwrap_or_default();
        let module = identity.and_then(Identity::module_id).or_else(|| plan.target().map(Target::module));
        names.module_id = module.map(View::of).unwrap_or_default();
        let profile = plan.profile();
        Self {
            names,
            id_scope: profile.map(|profile| View::of(profile.id_scope())).unwrap_or_default(),
            registration_id: profile.map(|profile| View::of(profile.registration_id())).unwrap_or_default(),
        }
    }
}

impl AgentConfig {
    fn load(path: &Path, passphrase: &str) -> Result<Self, Failure> {
        reading::read(path, passphrase).map(Self::of)
    }

    fn of((plan, findings): (Plan, Vec<View>)) -> Self {
        let views = Views::of(&plan);
        Self { poison: Poison::new(), plan, views, findings }
    }

    /// The plan for an authenticator.
    pub(crate) fn plan(&self) -> Plan {
        self.plan.clone()
    }

    fn identity(&self) -> i32 {
        if Holder::of(&self.plan).is_some() {
            DEFENDERAUTH_IDENTITY_DAEMON
        } else if self.plan.profile().is_some() {
            DEFENDERAUTH_IDENTITY_DPS
        } else if self.plan.target().is_some() {
            DEFENDERAUTH_IDENTITY_DEVICE
        } else {
            DEFENDERAUTH_IDENTITY_MODULE
        }
    }
}

/// Loads a micro agent's folder, a file with a connection string, `LocalConfiguration.json` or `Authentication.config`, and
/// the files that they name.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_load(
    path: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<AgentConfig>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || AgentConfig::load(input::path("path", path, len)?, ""))
}

/// The same for an agent whose private key may be encrypted: the configuration files have no setting for a passphrase. An
/// empty passphrase means none; one that is not needed is ignored.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_load_with_passphrase(
    path: *const c_char,
    len: usize,
    passphrase: *const c_char,
    passphrase_len: usize,
    out: Option<&mut MaybeUninit<Option<Box<AgentConfig>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let path = input::path("path", path, len)?;
        AgentConfig::load(path, input::text("passphrase", passphrase, passphrase_len)?)
    })
}

/// The same with private keys that are opened by the passwords and the TPM of an opener: the micro agent's key may be in a TPM.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_load_with_opener(
    path: *const c_char,
    len: usize,
    opener: Option<&Opener>,
    out: Option<&mut MaybeUninit<Option<Box<AgentConfig>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::make(out, error, || {
        let opener = opener::given(opener)?;
        reading::read_with(&opener.access, input::path("path", path, len)?).map(AgentConfig::of)
    })
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
    guard::make(out, error, || reading::find(input::path("path", path, len)?).map(AgentConfig::of))
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
        let holder = Holder::of(&config.plan).ok_or_else(|| {
            let message = "no daemon signs for this agent; it has its own credential";
            Failure::new(DEFENDERAUTH_NOT_APPLICABLE, message).field("config")
        })?;
        Ok(Daemon::from(holder))
    })
}

/// Sets whether the provisioning service only looks the device up (the default, and what the agents do) or registers it.
/// No effect on a configuration without the provisioning service.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_set_lookup_only(
    config: Option<&mut AgentConfig>,
    lookup_only: Flag,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut config = exclusive(config)?;
        config.plan = config.plan().lookup_only(lookup_only != 0)?;
        Ok(())
    })
}

/// The identity that the agent first authenticates with, one of `DEFENDERAUTH_IDENTITY_`. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_identity(config: Option<&AgentConfig>) -> i32 {
    guard::look(config, 0, AgentConfig::identity)
}

/// The hub's host name; empty when the provisioning service assigns it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_host_name(config: Option<&AgentConfig>) -> Str {
    guard::text(config, |it| &it.views.names.host_name)
}

/// The device ID; empty when the provisioning service assigns it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_device_id(config: Option<&AgentConfig>) -> Str {
    guard::text(config, |it| &it.views.names.device_id)
}

/// The module ID: the agent's own, or in Device mode that of the module requested from the hub.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_module_id(config: Option<&AgentConfig>) -> Str {
    guard::text(config, |it| &it.views.names.module_id)
}

/// The ID scope; empty unless the identity is DPS.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_id_scope(config: Option<&AgentConfig>) -> Str {
    guard::text(config, |it| &it.views.id_scope)
}

/// The registration ID; empty unless the identity is DPS.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_registration_id(config: Option<&AgentConfig>) -> Str {
    guard::text(config, |it| &it.views.registration_id)
}

/// How many findings there are: warnings about files that can be used, such as a key file that other users can read.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_finding_count(config: Option<&AgentConfig>) -> usize {
    guard::look(config, 0, |config| config.findings.len())
}

/// A finding, counted from 0, in one line: the file, the problem, and what to do about it. Empty past the last one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_finding(config: Option<&AgentConfig>, index: usize) -> Str {
    guard::look(config, Str::EMPTY, |config| config.findings.get(index).map_or(Str::EMPTY, View::as_str))
}

/// Frees a configuration and wipes it. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_free(config: Option<Box<AgentConfig>>) {
    guard::get((), || drop(config));
}

#[cfg(all(test, feature = "agent"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::code::DEFENDERAUTH_OK;
    use defender_auth::dps::Profile;

    #[test]
    fn a_lookup_is_what_is_planned_until_it_is_set() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/agents/c/dps");
        let mut config = AgentConfig::load(Path::new(folder), "").unwrap();
        let is_lookup_only = |config: &AgentConfig| config.plan().profile().map(Profile::is_lookup_only);
        assert_eq!(is_lookup_only(&config), Some(true));
        assert_eq!(defenderauth_agent_config_set_lookup_only(Some(&mut config), 0, None), DEFENDERAUTH_OK);
        assert_eq!(is_lookup_only(&config), Some(false));
        assert!(config.plan().attestation().is_some() && config.plan().target().is_some());
    }
}
