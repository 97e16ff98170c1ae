//! The REST interface of the provisioning service for a back end: enrollments and registrations.
//!
//! Source: "DPS service REST API", individual enrollment, enrollment group, device registration state.

use super::{
    back_end::AskBackEnd,
    decide::decide,
    enrollment_body::{Kind, read},
    identity::{check_etag, etag},
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    config::{Dps, Enrollment, Group, Key, check_enrollment, check_group},
    fault::{Fault, Operation},
    journal::Refusal,
};
use serde_json::{Map, Value, json};

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Individual => "enrollment",
            Self::Group => "group",
        }
    }

    fn all(self, dps: &Dps) -> Vec<&Enrollment> {
        match self {
            Self::Individual => dps.enrollments.iter().collect(),
            Self::Group => dps.groups.iter().map(|group| &group.enrollment).collect(),
        }
    }

    fn find(self, dps: &Dps, id: &str) -> Result<Enrollment, Refusal> {
        let found = self.all(dps).into_iter().find(|enrollment| enrollment.id == id);
        found.cloned().ok_or(Refusal::UnknownEnrollment)
    }
}

/// An enrollment as the service answers it: without its keys, which are another request.
pub(crate) fn enrollment_json(kind: Kind, enrollment: &Enrollment) -> Value {
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| members.insert(name.into(), value);
    set(kind.id(), enrollment.id.as_str().into());
    set("attestation", json!({ "type": attestation(enrollment) }));
    set("provisioningStatus", if enrollment.assignment.disabled { "disabled" } else { "enabled" }.into());
    set("etag", etag(enrollment.revision).into());
    if let Some(device) = &enrollment.device_id {
        set("deviceId", device.as_str().into());
    }
    if let Some(hub) = &enrollment.assignment.hub {
        set("iotHubHostName", hub.as_str().into());
    }
    Value::Object(members)
}

const fn attestation(enrollment: &Enrollment) -> &'static str {
    if enrollment.attestation.endorsement_key.is_some() {
        "tpm"
    } else if enrollment.attestation.is_by_certificate() {
        "x509"
    } else {
        "symmetricKey"
    }
}

fn asked_for(asked: &AskBackEnd<'_>, what: &str) -> String {
    format!("{what} at {}", asked.host)
}

/// Lists enrollments.
pub(crate) fn list_enrollments(shared: &Shared, asked: &AskBackEnd<'_>, kind: Kind) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let dps = asked.dps(shared, state, now)?;
        let all: Vec<Value> = kind.all(dps).into_iter().map(|enrollment| enrollment_json(kind, enrollment)).collect();
        let outcome = format!("{} of them", all.len());
        Ok(Answer::new(200, &Value::from(all), outcome))
    };
    let request = asked_for(asked, &format!("list {}s", kind.word()));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}

/// Reads an enrollment.
pub(crate) fn read_enrollment(shared: &Shared, asked: &AskBackEnd<'_>, kind: Kind, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let enrollment = kind.find(asked.dps(shared, state, now)?, id)?;
        Ok(Answer::new(200, &enrollment_json(kind, &enrollment), "read"))
    };
    let request = asked_for(asked, &format!("read {} {id}", kind.word()));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}

/// Reads the keys of an enrollment.
pub(crate) fn enrollment_keys(shared: &Shared, asked: &AskBackEnd<'_>, kind: Kind, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let enrollment = kind.find(asked.dps(shared, state, now)?, id)?;
        let [primary, secondary] = enrollment.attestation.keys().map(|key| key.map(Key::text));
        let keys = json!({ "primaryKey": primary, "secondaryKey": secondary });
        Ok(Answer::new(200, &json!({ "type": attestation(&enrollment), "symmetricKey": keys }), "read"))
    };
    let request = asked_for(asked, &format!("read the keys of {} {id}", kind.word()));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}

/// Creates an enrollment, or changes one. `If-Match` requires that there is one.
pub(crate) fn write_enrollment(shared: &Shared, asked: &AskBackEnd<'_>, kind: Kind, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let dps = asked.dps(shared, state, now)?;
        let known = kind.find(dps, id).ok();
        if let (Some(if_match), None) = (asked.if_match, &known) {
            // `*` is any revision of an enrollment that there is.
            return Err(if if_match == "*" { Refusal::UnknownEnrollment } else { Refusal::Precondition });
        }
        if let Some(known) = &known {
            check_etag(known.revision, asked.if_match)?;
        }
        let mut new = read(asked.body, kind, id)?;
        if let Some(known) = &known {
            new.revision = known.revision + 1;
        }
        put(dps, kind, new.clone())?;
        Ok(Answer::new(200, &enrollment_json(kind, &new), if known.is_some() { "changed" } else { "created" }))
    };
    let request = asked_for(asked, &format!("write {} {id}", kind.word()));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}

/// Adds an enrollment, or replaces the one of its ID.
fn put(dps: &mut Dps, kind: Kind, new: Enrollment) -> Result<(), Refusal> {
    let wrong = |_| Refusal::IdentityBody;
    match kind {
        Kind::Individual => {
            check_enrollment(&new).map_err(wrong)?;
            dps.enrollments.retain(|known| known.id != new.id);
            dps.enrollments.push(new);
        }
        Kind::Group => {
            let group = Group { enrollment: new };
            check_group(&group).map_err(wrong)?;
            dps.groups.retain(|known| known.enrollment.id != group.enrollment.id);
            dps.groups.push(group);
        }
    }
    Ok(())
}

/// Deletes an enrollment.
pub(crate) fn delete_enrollment(shared: &Shared, asked: &AskBackEnd<'_>, kind: Kind, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        let dps = asked.dps(shared, state, now)?;
        check_etag(kind.find(dps, id)?.revision, asked.if_match)?;
        match kind {
            Kind::Individual => dps.enrollments.retain(|known| known.id != id),
            Kind::Group => dps.groups.retain(|known| known.enrollment.id != id),
        }
        Ok(Answer::empty("deleted"))
    };
    let request = asked_for(asked, &format!("delete {} {id}", kind.word()));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}

/// Lists the registrations of a group.
pub(crate) fn list_registrations(shared: &Shared, asked: &AskBackEnd<'_>, group: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        Kind::Group.find(asked.dps(shared, state, now)?, group)?;
        let all = state.registrations.of_group(group);
        Ok(Answer::new(200, &Value::from(all.clone()), format!("{} registrations", all.len())))
    };
    let request = asked_for(asked, &format!("list registrations of {group}"));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}

/// Reads a registration.
pub(crate) fn read_registration(shared: &Shared, asked: &AskBackEnd<'_>, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        asked.dps(shared, state, now)?;
        let registration = state.registrations.summary(id).ok_or(Refusal::UnknownRegistration)?;
        Ok(Answer::new(200, &registration, "read"))
    };
    decide(shared, Service::Dps, Operation::BackEnd, &asked_for(asked, &format!("read registration {id}")), decision)
}

/// Deletes a registration. The device at its hub stays.
pub(crate) fn delete_registration(shared: &Shared, asked: &AskBackEnd<'_>, id: &str) -> Answer {
    let decision = |state: &mut State, now, _: Option<&Fault>| {
        asked.dps(shared, state, now)?;
        let was_known = state.registrations.forget(id);
        if was_known { Ok(Answer::empty("deleted")) } else { Err(Refusal::UnknownRegistration) }
    };
    let request = asked_for(asked, &format!("delete registration {id}"));
    decide(shared, Service::Dps, Operation::BackEnd, &request, decision)
}
