//! The provisioning service's decisions.

use super::{
    decide::decide,
    shared::{Shared, State},
};
use crate::{
    answer::{Answer, Service},
    base::{DPS_VERSIONS, Moment},
    dps::{Asked, Checked, Credential, Means, Wanted, body, check_claim, is_registration_id},
    fault::Fault,
    journal::Refusal,
};

/// Answers a request to the provisioning service.
pub(crate) fn provision(shared: &Shared, asked: &Asked<'_>) -> Answer {
    let decision = |state: &mut State, now, fault: Option<&Fault>| answer(state, now, fault, asked);
    decide(shared, Service::Dps, asked.wanted.operation(), &asked.to_string(), decision)
}

fn answer(state: &mut State, now: Moment, fault: Option<&Fault>, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    if !DPS_VERSIONS.contains(&asked.api_version) {
        return Err(Refusal::ApiVersion);
    }
    let dps = state.dps.as_ref().ok_or(Refusal::UnknownDps)?;
    if !is_registration_id(asked.registration_id) {
        return Err(Refusal::RegistrationId);
    }
    let claim = match check_claim(dps, &state.challenges, now, asked)? {
        Checked::Proved(claim) => claim,
        Checked::Unproved(tpm) => return state.challenges.challenge(asked.registration_id, tpm, now),
    };
    let body = body(asked)?;
    if let Credential::Tpm(tpm) = &claim.credential {
        // Some clients send the keys again and some do not.
        if body.tpm.as_ref().is_some_and(|sent| sent != tpm) {
            return Err(Refusal::AnotherTpm);
        }
        if fault == Some(&Fault::SecondChallenge) {
            return state.challenges.challenge(asked.registration_id, tpm.clone(), now);
        }
    }
    let registrations = &mut state.registrations;
    let chain_fault = fault.and_then(Fault::of_chain);
    let mut means = Means { hubs: &mut state.hubs, authority: &mut state.authority, fault: chain_fault, now };
    let answer = match asked.wanted {
        Wanted::Register => registrations.register(&claim, &mut means, body.payload, body.request)?,
        Wanted::Status(operation) => registrations.poll(&claim, &mut means, operation)?,
        Wanted::LookUp => registrations.look_up(&claim),
    };
    let retry_after = (answer.status == 202).then(|| dps.retry_after.to_string());
    Ok(Answer { retry_after, ..answer })
}
