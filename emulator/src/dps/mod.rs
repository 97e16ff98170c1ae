//! The provisioning service: what it is asked, over HTTPS or MQTT, and what it answers.

mod claim;
mod registration;
mod request;
mod settle;

pub(crate) use registration::Registrations;
pub(crate) use request::{Asked, Operation};

use crate::{
    Refusal,
    answer::{self, Answer},
    clock::Moment,
    errors::Service,
    state::{Shared, State},
};

/// The api-versions that are in use.
pub(crate) const VERSIONS: [&str; 2] = ["2019-03-31", "2021-06-01"];

/// Answers, and writes down how.
pub(crate) fn ask(shared: &Shared, asked: &Asked<'_>) -> Answer {
    let decision = |state: &mut State, now| decide(state, now, asked);
    answer::decide(shared, Service::Dps, asked.operation.on(), &asked.to_string(), decision)
}

fn decide(state: &mut State, now: Moment, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    if !VERSIONS.contains(&asked.api_version) {
        return Err(Refusal::ApiVersion);
    }
    let dps = state.dps.as_ref().ok_or(Refusal::UnknownDps)?;
    let claim = claim::check(dps, now, asked)?;
    let body = request::body(asked)?;
    let (registrations, hubs) = (&mut state.registrations, &mut state.hubs);
    let answer = match asked.operation {
        Operation::Register => registrations.register(&claim, hubs, body.payload, now)?,
        Operation::Status(operation) => registrations.poll(&claim, hubs, operation, now)?,
        Operation::Lookup => registrations.look_up(&claim),
    };
    let retry_after = (answer.status == 202).then(|| dps.retry_after.to_string());
    Ok(Answer { retry_after, ..answer })
}

#[cfg(test)]
mod tests;
