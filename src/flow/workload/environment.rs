//! What the runtime of IoT Edge puts into the environment of a module.

use super::Workload;
use crate::{
    error::{ConfigError, Error},
    flow::http::ApiVersion,
    identity::{HostName, Identity, ModuleId},
};
use alloc::string::String;
use core::str::FromStr;

const WORKLOAD_URI: &str = "IOTEDGE_WORKLOADURI";
const HUB: &str = "IOTEDGE_IOTHUBHOSTNAME";
const GATEWAY: &str = "IOTEDGE_GATEWAYHOSTNAME";
const DEVICE: &str = "IOTEDGE_DEVICEID";
const MODULE: &str = "IOTEDGE_MODULEID";
const GENERATION: &str = "IOTEDGE_MODULEGENERATIONID";
const SCHEME: &str = "IOTEDGE_AUTHSCHEME";
const VERSION: &str = "IOTEDGE_APIVERSION";

/// What every daemon since 1.0.10 accepts.
const DEFAULT_VERSION: &str = "2020-07-07";

impl Workload {
    /// Whether this is the environment of a module.
    pub fn is_in(variable: impl Fn(&str) -> Option<String>) -> bool {
        value(&variable, WORKLOAD_URI).is_some()
    }

    /// Reads the variables of a module: `|name| std::env::var(name).ok()`.
    ///
    /// # Errors
    /// Names the variable that is missing or not valid.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = &variable;
        let endpoint = needed(variable, WORKLOAD_URI)?;
        let endpoint =
            endpoint.parse().map_err(|_| value_error(WORKLOAD_URI, "`unix:///path` and `http://host:port`"))?;
        let module: ModuleId = parsed(variable, MODULE)?;
        let hub: HostName = parsed(variable, HUB)?;
        let generation = needed(variable, GENERATION)?;
        if let Some(scheme) = value(variable, SCHEME)
            && !scheme.eq_ignore_ascii_case("sasToken")
        {
            return Err(value_error(SCHEME, "`sasToken`"));
        }
        let version = match value(variable, VERSION) {
            Some(version) => version,
            None => DEFAULT_VERSION.into(),
        };
        let version = ApiVersion::new(&version).map_err(|_| value_error(VERSION, "versions such as `2020-07-07`"))?;
        let gateway = value(variable, GATEWAY).map(|_| parsed::<HostName>(variable, GATEWAY)).transpose()?;
        let gateway = gateway.filter(|gateway| !gateway.as_str().eq_ignore_ascii_case(hub.as_str()));
        let identity = Identity::module(hub, parsed(variable, DEVICE)?, module.clone());
        let identity = gateway.into_iter().fold(identity, Identity::with_gateway);
        Ok(Self { endpoint, identity, module, generation: generation.into(), version })
    }
}

/// A variable that is empty is not set.
fn value(variable: &impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).filter(|text| !text.is_empty())
}

fn needed(variable: &impl Fn(&str) -> Option<String>, setting: &'static str) -> Result<String, Error> {
    value(variable, setting).ok_or_else(|| ConfigError::Missing { setting }.into())
}

fn parsed<T: FromStr>(variable: &impl Fn(&str) -> Option<String>, setting: &'static str) -> Result<T, Error>
where
    Error: From<T::Err>,
{
    needed(variable, setting)?.parse().map_err(|error| Error::from(error).at(setting))
}

fn value_error(setting: &'static str, allowed: &'static str) -> Error {
    ConfigError::Value { setting, allowed }.into()
}
