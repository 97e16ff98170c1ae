//! What came of a registration, and of the login after it.

use super::{hub::Refused, version};
use crate::{
    certificates::shown::Shown,
    system::clock,
    terminal::{colour::Verdict, failure::Failure, output},
};
use defender_auth::{
    Outcome,
    identity::{HostName, IdScope, RegistrationId},
    outcome::ConnectionProfile,
    payload::Payload,
};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct Report<'a> {
    id_scope: &'a str,
    registration_id: &'a str,
    host_name: &'a str,
    /// The assigned name of the hub, which is the one to connect to, when `host_name` is the classic one.
    gateway_host_name: Option<&'a str>,
    device_id: &'a str,
    substatus: Option<String>,
    last_updated: Option<&'a str>,
    etag: Option<&'a str>,
    connection_profile: &'a str,
    /// `null` without --connect.
    connected: Option<bool>,
    /// The return code or the reason code with which the hub refused the login, if it did.
    connack: Option<u8>,
    /// The service's payload for the device.
    payload: Option<Value>,
    /// The certificate that was issued.
    certificate: Option<&'a Shown>,
    /// Members that this command does not know.
    others: Map<String, Value>,
}

/// A device that is registered.
pub(crate) struct Registered<'a> {
    pub(crate) scope: &'a IdScope,
    pub(crate) id: &'a RegistrationId,
    pub(crate) outcome: &'a Outcome,
    /// The certificate that was issued.
    pub(crate) certificate: Option<&'a Shown>,
    /// What came of the login, if there was one.
    pub(crate) login: Option<&'a Result<(), Refused>>,
    /// What to call next.
    pub(crate) next: Option<String>,
}

impl Registered<'_> {
    /// Prints it, and passes on what failed after the registration.
    pub(crate) fn report(&self, as_json: bool, ended: Result<(), Failure>) -> Result<(), Failure> {
        let Self { scope, id, outcome, certificate, login, ref next } = *self;
        let identity = outcome.identity();
        let record = outcome.registration_state();
        let json = |payload: &Payload| serde_json::from_str(payload.as_str()).unwrap_or_default();
        let report = Report {
            id_scope: scope.as_str(),
            registration_id: id.as_str(),
            host_name: identity.hub().as_str(),
            gateway_host_name: identity.gateway().map(HostName::as_str),
            device_id: identity.device_id().as_str(),
            substatus: record.and_then(|record| record.substatus.as_ref()).map(ToString::to_string),
            last_updated: record.and_then(|record| record.last_updated.as_deref()),
            etag: record.and_then(|record| record.etag.as_deref()),
            connection_profile: outcome.connection_profile().as_str(),
            connected: login.map(Result::is_ok),
            connack: login.and_then(|login| login.as_ref().err()).map(|refused| refused.refusal.code()),
            payload: record.and_then(|record| record.payload.as_ref()).map(json),
            certificate,
            others: record
                .map(|record| record.others.iter().map(|(name, value)| (name.clone(), json(value))).collect())
                .unwrap_or_default(),
        };
        if as_json {
            return output::json_ended(&report, ended);
        }
        let profile = Some(report.connection_profile).filter(|profile| *profile != ConnectionProfile::Classic.as_str());
        let printed = output::table(&[
            ("host name", Some(report.host_name)),
            ("gateway", report.gateway_host_name),
            ("device ID", Some(report.device_id)),
            ("substatus", report.substatus.as_deref()),
            ("last updated", report.last_updated),
            ("profile", profile),
            ("payload", record.and_then(|record| record.payload.as_ref()).map(Payload::as_str)),
        ]);
        let printed = printed.and_then(|()| match login {
            Some(Ok(())) => output::verdict("hub", &format!("accepted, MQTT {}", version::of(outcome)), Verdict::Good),
            Some(Err(_)) => output::verdict("hub", "refused", Verdict::Bad),
            None => Ok(()),
        });
        let printed = printed.and_then(|()| output::table(&[("next", next.as_deref())]));
        let certificate = || certificate.map_or(Ok(()), |certificate| certificate.print(clock::now()));
        ended.and(printed.and_then(|()| certificate()))
    }
}
