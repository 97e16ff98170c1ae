//! The ground: time, identifiers, JSON in strings, hosts, versions of the protocols, and lines for a terminal.

mod clock;
mod console;
mod guid;
mod hub_name;
mod json;
mod versions;

pub(crate) use clock::{Clock, Moment};
pub(crate) use console::Console;
pub(crate) use guid::{etag, guid, random_hex};
pub(crate) use hub_name::{is_classic_name, is_device_name, other_name};
pub(crate) use json::Json;
pub(crate) use versions::{
    DPS_VERSIONS, HUB_VERSIONS, ISSUING_VERSION, PROFILE_VERSION, RENEWING_VERSION, check_hub_version, one_version,
};
