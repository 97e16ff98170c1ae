//! Which hosts a device contacts, and what names tell whose device it is.

use super::{examination::Examination, service::of_hub};
use crate::{input::source::Source, network::route::HTTPS};
use defender_auth::{
    Device, Outcome, Plan, agent,
    identity::{HostName, Identity},
    mqtt::Connect,
};
use defender_auth_mqtt::Transport;
use std::fs;

/// The largest file that is searched for a host name, in bytes.
const LIMIT: u64 = 64 * 1024;

/// The identity that a plan begins with, if it does not begin with provisioning.
pub(super) fn identity(plan: &Plan) -> Option<&Identity> {
    plan.outcome().map(Outcome::identity).or_else(|| plan.known_device().map(Device::identity))
}

/// The first host of a plan, and its ports, each with whether it is needed.
pub(super) fn first(plan: &Plan, transport: Transport, is_asked: bool) -> (Option<HostName>, Vec<(u16, bool)>) {
    if let Some(profile) = plan.profile() {
        return (Some(profile.endpoint().clone()), vec![(HTTPS, true)]);
    }
    let identity = identity(plan);
    (identity.map(|identity| Connect::hub(identity, None).host), of_hub(transport, is_asked).into())
}

/// The host in the text of a connection string that is wrong elsewhere.
pub(super) fn of_text(source: &Source) -> Option<HostName> {
    let path = source.path()?;
    let file = if path.is_dir() { path.join(agent::CONNECTION_STRING) } else { path.to_owned() };
    fs::metadata(&file).ok().filter(|metadata| metadata.is_file() && metadata.len() <= LIMIT)?;
    let text = fs::read_to_string(file).ok()?;
    text.trim().split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("HostName").then(|| value.trim().parse().ok())?
    })
}

/// Notes the names of a plan.
pub(super) fn know_plan(examination: &mut Examination, plan: &Plan) {
    if let Some(profile) = plan.profile() {
        examination.know(profile.id_scope().to_string());
        examination.know(profile.registration_id().to_string());
    }
    if let Some(identity) = identity(plan) {
        know_identity(examination, identity);
    }
    if let Some(target) = plan.target() {
        examination.know(target.module().to_string());
    }
}

/// Notes the names of an identity.
pub(super) fn know_identity(examination: &mut Examination, identity: &Identity) {
    let hub = identity.hub().to_string();
    examination.know(hub.split('.').next().unwrap_or_default());
    examination.know(hub);
    examination.know(identity.device_id().to_string());
    identity.module_id().into_iter().for_each(|module| examination.know(module.to_string()));
    identity.gateway().into_iter().for_each(|gateway| examination.know(gateway.to_string()));
}
