//! The provisioning service: what it is asked, over HTTPS or MQTT, and what it answers.

mod challenge;
mod claim;
mod registration;
mod request;
mod settle;

pub(crate) use challenge::Challenges;
pub(crate) use registration::Registrations;
pub(crate) use request::{Asked, Carrier, Operation};

use crate::{
    Refusal,
    answer::{self, Answer},
    clock::Moment,
    errors::Service,
    fault::Fault,
    state::{Shared, State},
};
use claim::{Checked, Credential};

/// The api-versions that are in use.
pub(crate) const VERSIONS: [&str; 2] = ["2019-03-31", "2021-06-01"];

/// Answers, and writes down how.
pub(crate) fn ask(shared: &Shared, asked: &Asked<'_>) -> Answer {
    let decision = |state: &mut State, now, fault: Option<&Fault>| decide(state, now, fault, asked);
    answer::decide(shared, Service::Dps, asked.operation.on(), &asked.to_string(), decision)
}

fn decide(state: &mut State, now: Moment, fault: Option<&Fault>, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    if !VERSIONS.contains(&asked.api_version) {
        return Err(Refusal::ApiVersion);
    }
    let dps = state.dps.as_ref().ok_or(Refusal::UnknownDps)?;
    let claim = match claim::check(dps, &state.challenges, now, asked)? {
        Checked::Proved(claim) => claim,
        Checked::Unproved(tpm) => return state.challenges.challenge(asked.registration_id, tpm, now),
    };
    let body = request::body(asked)?;
    if let Credential::Tpm(tpm) = &claim.credential {
        // Some clients send the keys again and some do not.
        if body.tpm.as_ref().is_some_and(|sent| sent != tpm) {
            return Err(Refusal::AnotherTpm);
        }
        if fault == Some(&Fault::SecondChallenge) {
            return state.challenges.challenge(asked.registration_id, tpm.clone(), now);
        }
    }
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
