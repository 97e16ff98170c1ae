//! Agents' configurations.

use crate::{
    ResultCode, Str,
    code::{DEFENDERAUTH_IDENTITY_DEVICE, DEFENDERAUTH_IDENTITY_DPS, DEFENDERAUTH_IDENTITY_MODULE},
    error::Error,
    failure::Failure,
    guard, input,
    object::{Poison, exclusive, look, object},
    output,
    view::View,
};
use defender_auth::{
    Plan,
    identity::Identity,
    outcome::{Device, Outcome},
};
use std::{ffi::c_char, mem::MaybeUninit, path::Path};

/// What an agent has on its disk. Wiped when freed. Free it with `defenderauth_agent_config_free`.
pub struct AgentConfig {
    poison: Poison,
    plan: Plan,
    views: Views,
    findings: Vec<View>,
}

object!(AgentConfig, "config");

#[derive(Default)]
struct Views {
    host_name: View,
    device_id: View,
    module_id: View,
    id_scope: View,
    registration_id: View,
}

impl Views {
    fn of(plan: &Plan) -> Self {
        let identity = plan.outcome().map(Outcome::identity).or(plan.known_device().map(Device::identity));
        let (module, profile) = (identity.and_then(Identity::module_id).or(plan.target()), plan.profile());
        Self {
            host_name: identity.map(|identity| View::of(identity.hub())).unwrap_or_default(),
            device_id: identity.map(|identity| View::of(identity.device_id())).unwrap_or_default(),
            module_id: module.map(View::of).unwrap_or_default(),
            id_scope: profile.map(|profile| View::of(profile.id_scope())).unwrap_or_default(),
            registration_id: profile.map(|profile| View::of(profile.registration_id())).unwrap_or_default(),
        }
    }
}

impl AgentConfig {
    fn load(path: &Path, passphrase: &str) -> Result<Self, Failure> {
        let (plan, findings) = read(path, passphrase)?;
        let views = Views::of(&plan);
        Ok(Self { poison: Poison::new(), plan, views, findings })
    }

    /// What an authenticator runs.
    pub(crate) fn plan(&self) -> Plan {
        self.plan.clone()
    }

    fn identity(&self) -> i32 {
        if self.plan.profile().is_some() {
            DEFENDERAUTH_IDENTITY_DPS
        } else if self.plan.target().is_some() {
            DEFENDERAUTH_IDENTITY_DEVICE
        } else {
            DEFENDERAUTH_IDENTITY_MODULE
        }
    }
}

/// The plan in an agent's files, and what may be a mistake in them.
#[cfg(feature = "agent")]
fn read(path: &Path, passphrase: &str) -> Result<(Plan, Vec<View>), Failure> {
    use defender_auth::{
        agent::{self, Passphrase},
        secret::SecretText,
    };
    let passphrase = Some(passphrase).filter(|passphrase| !passphrase.is_empty());
    let passphrase = passphrase.map(|passphrase| Passphrase::new(SecretText::new(passphrase.into())));
    let loaded = agent::load_with(path, passphrase.as_ref())?;
    let findings = loaded.findings.iter().filter(|finding| finding.is_warning()).map(View::of);
    Ok((loaded.plan, findings.collect()))
}

#[cfg(not(feature = "agent"))]
fn read(_path: &Path, _passphrase: &str) -> Result<(Plan, Vec<View>), Failure> {
    Err(Failure::unsupported("reading agents' configurations (feature `agent`)"))
}

/// Reads a micro agent's folder, a file with a connection string, `LocalConfiguration.json` or `Authentication.config`, with
/// the files that they name. `path` is in the system's own bytes (UTF-8 where its names are not bytes).
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_load(
    path: *const c_char,
    len: usize,
    out: Option<&mut MaybeUninit<Option<Box<AgentConfig>>>>,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let out = output::object(out)?;
        out.put(AgentConfig::load(input::path("path", path, len)?, "")?);
        Ok(())
    })
}

/// The same for an agent whose private key may be encrypted: the agents' own files have no word for a passphrase. An empty
/// one is none; one that is not needed does no harm.
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
    guard::call(error, || {
        let out = output::object(out)?;
        let path = input::path("path", path, len)?;
        out.put(AgentConfig::load(path, input::text("passphrase", passphrase, passphrase_len)?)?);
        Ok(())
    })
}

/// Whether the provisioning service is only asked where the device is (true until it is set, as the agents do it), or
/// registers it. It changes nothing for a configuration that does not go there.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_set_lookup_only(
    config: Option<&mut AgentConfig>,
    lookup_only: bool,
    error: Option<&mut MaybeUninit<Option<Box<Error>>>>,
) -> ResultCode {
    guard::call(error, || {
        let mut config = exclusive(config)?;
        config.plan = config.plan().lookup_only(lookup_only)?;
        Ok(())
    })
}

/// As whom the agent first authenticates: `DEFENDERAUTH_IDENTITY_`. 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_identity(config: Option<&AgentConfig>) -> i32 {
    guard::get(0, || look(config, 0, AgentConfig::identity))
}

/// The hub. Empty when the provisioning service is to say it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_host_name(config: Option<&AgentConfig>) -> Str {
    guard::get(Str::EMPTY, || view(config, |views| &views.host_name))
}

/// The device. Empty when the provisioning service is to say it.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_device_id(config: Option<&AgentConfig>) -> Str {
    guard::get(Str::EMPTY, || view(config, |views| &views.device_id))
}

/// The module, as which the agent begins or which the hub is asked for.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_module_id(config: Option<&AgentConfig>) -> Str {
    guard::get(Str::EMPTY, || view(config, |views| &views.module_id))
}

/// The ID scope, with identity DPS.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_id_scope(config: Option<&AgentConfig>) -> Str {
    guard::get(Str::EMPTY, || view(config, |views| &views.id_scope))
}

/// The registration ID, with identity DPS.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_registration_id(config: Option<&AgentConfig>) -> Str {
    guard::get(Str::EMPTY, || view(config, |views| &views.registration_id))
}

/// How many things may be a mistake in the files, although they can be used: a key file that others may read, for one.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_finding_count(config: Option<&AgentConfig>) -> usize {
    guard::get(0, || look(config, 0, |config| config.findings.len()))
}

/// One of them, in a line: the file, what was noticed, and what to do about it. Empty when there are not so many.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_finding(config: Option<&AgentConfig>, index: usize) -> Str {
    guard::get(Str::EMPTY, || {
        look(config, Str::EMPTY, |config| config.findings.get(index).map_or(Str::EMPTY, View::as_str))
    })
}

/// Frees a configuration, and wipes it. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn defenderauth_agent_config_free(config: Option<Box<AgentConfig>>) {
    guard::get((), || drop(config));
}

fn view(config: Option<&AgentConfig>, which: fn(&Views) -> &View) -> Str {
    look(config, Str::EMPTY, |config| which(&config.views).as_str())
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
        assert_eq!(defenderauth_agent_config_set_lookup_only(Some(&mut config), false, None), DEFENDERAUTH_OK);
        assert_eq!(is_lookup_only(&config), Some(false));
        assert!(config.plan().attestation().is_some() && config.plan().target().is_some());
    }
}
