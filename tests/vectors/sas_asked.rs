//! What the records of tokens ask for, in our own types.

use crate::{
    connection_string_rules as rule, key,
    records::{Record, Rule, TYPED},
};
use core::time::Duration;
use defender_auth::{
    SharedAccessKey, UnixTime,
    connection_string::ServiceConnectionString,
    identity::Identity,
    sas::{Resource, SasToken},
};

/// What a record asks for.
pub(crate) struct ServiceOperation {
    pub(crate) identity: Option<Identity>,
    pub(crate) resource: Resource,
    pub(crate) key: SharedAccessKey,
    pub(crate) expiry: UnixTime,
}

/// The token that the peer made, as text.
pub(crate) fn theirs(record: &Record) -> Option<String> {
    let part = |name: &str| record.expected.get(name)?.as_str();
    if let (Some(sr), Some(sig), Some(se)) = (part("sr"), part("sig"), part("se")) {
        // The parts as its unit test names them.
        let policy = part("skn").map(|name| format!("&skn={name}")).unwrap_or_default();
        return Some(format!("SharedAccessSignature sr={sr}&sig={sig}&se={se}{policy}"));
    }
    record.expected.as_str().map(str::to_owned)
}

/// An input that is there and not empty.
pub(crate) fn input<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    record.input(name).filter(|text| !text.is_empty())
}

/// Our own types from the record's texts; the rule, if one of them is refused.
pub(crate) fn asked(record: &Record) -> Result<ServiceOperation, Option<Rule>> {
    let input = |name: &str| input(record, name);
    let names = |_| Some(rule::NAMES);
    let mut identity = None;
    let resource = if let Some(device) = input("device_id") {
        let hub = input("hostname").unwrap().parse().map_err(names)?;
        let device = device.parse().map_err(names)?;
        let of = match input("module_id") {
            Some(module) => Identity::module(hub, device, module.parse().map_err(names)?),
            None => Identity::device(hub, device),
        };
        Resource::of(identity.insert(of))
    } else if let Some(scope) = input("id_scope") {
        let id = input("registration_id").unwrap().parse().map_err(names)?;
        Resource::registration(&scope.parse().map_err(names)?, &id)
    } else if let Some(string) = input("connection_string") {
        let service = ServiceConnectionString::parse(string).unwrap();
        Resource::service(service.host_name(), service.policy_name())
    } else {
        let plain = ["scope", "uri", "resource"].into_iter().find_map(input).unwrap();
        let resource = Resource::from_plain(plain).unwrap();
        match input("key_name") {
            Some(policy) => resource.with_policy(&policy.parse().map_err(names)?),
            None => resource,
        }
    };
    Ok(ServiceOperation { identity, resource, key: own_key(record)?, expiry: expiry(record)? })
}

pub(crate) fn own_key(record: &Record) -> Result<SharedAccessKey, Option<Rule>> {
    let read = |name: &str| SharedAccessKey::from_base64(record.input(name).unwrap()).map_err(key::refused);
    if record.input("group_key").is_some() {
        let id = record.input("registration_id").unwrap().parse().unwrap();
        let derived = read("group_key")?.derive(&id);
        assert_eq!(read("derived_key")?, derived);
        return Ok(derived);
    }
    match record.input("connection_string") {
        Some(string) => SharedAccessKey::from_base64(string.split_once("SharedAccessKey=").unwrap().1),
        None => SharedAccessKey::from_base64(record.input("key").unwrap()),
    }
    .map_err(key::refused)
}

fn expiry(record: &Record) -> Result<UnixTime, Option<Rule>> {
    let number = |name: &str| record.inputs.get(name);
    if let Some(expiry) = number("expiry") {
        return expiry.as_u64().map(UnixTime::from_secs).ok_or(Some(TYPED));
    }
    let Some(now) = number("now").map(|now| now.as_f64().unwrap()) else {
        // Signed at the time of the run.
        let token = theirs(record).map(|text| SasToken::parse(&text).unwrap());
        return Ok(token.map_or(UnixTime::from_secs(0), |token| token.expires_at()));
    };
    let life = number("ttl").unwrap().as_u64().ok_or(Some(TYPED))?;
    Ok(UnixTime::from_secs(0) + Duration::from_secs_f64(now) + Duration::from_secs(life))
}
