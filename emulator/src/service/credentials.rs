//! Renewals of certificates through a hub.

use super::shared::Shared;
use crate::{
    config::{Device, Issued, Issuing},
    fault::Fault,
    hub::Identity,
    issuing::{Ask, Reply, Request},
    journal::Entry,
};

/// Takes a request for a certificate.
pub(crate) fn ask(shared: &Shared, identity: &Identity, rid: &str, body: &[u8], fault: Option<&Fault>) -> Reply {
    let now = shared.clock.now();
    let owner = identity.to_string();
    let mut guard = shared.state();
    let state = &mut *guard;
    let is_device = identity.module.is_none();
    let hub = state.hubs.iter_mut().find(|hub| hub.is_at(&identity.host));
    let device = hub.and_then(|hub| hub.find_mut(&identity.device)).filter(|_| is_device);
    let policy = device.as_ref().and_then(|device| device.issuing.clone());
    let names = device.as_ref().map(|device| names(device)).unwrap_or_default();
    let authority = &mut state.authority;
    let ask = Ask { owner: &owner, device: is_device.then_some(&identity.device), rid, body, now, fault };
    let certify = |request: &Request| {
        let policy = policy.clone().unwrap_or_else(Issuing::new);
        request.check(&policy, names.iter().map(String::as_str))?;
        authority.issue(request, &policy, now, fault.and_then(Fault::of_chain))
    };
    let (reply, issued): (Reply, Option<Issued>) = state.operations.take(&ask, policy.as_ref(), certify);
    if let (Some(device), Some(issued)) = (device, issued) {
        device.issued.push(issued);
    }
    drop(guard);
    shared.note(Entry::answered(&request_of(identity), reply.status, &reply.outcome));
    reply
}

/// The reply to an earlier request that is ready now.
pub(crate) fn reply(shared: &Shared, identity: &Identity) -> Option<Reply> {
    let now = shared.clock.now();
    let reply = shared.seen().operations.ready(&identity.to_string(), now)?;
    shared.note(Entry::answered(&request_of(identity), reply.status, &reply.outcome));
    Some(reply)
}

/// What a request is called in the journal.
pub(crate) fn request_of(identity: &Identity) -> String {
    format!("issue a certificate for {identity}")
}

/// The common names that a certificate of a device may have.
fn names(device: &Device) -> Vec<String> {
    let issued = device.issued.iter().map(|issued| issued.common_name.clone());
    issued.chain([device.id.clone()]).collect()
}
