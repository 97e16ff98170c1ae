//! A TPM proves that it is the enrolled one by signing with a key that no other can take out of its wrapping.

use super::{
    Asked, Carrier, Operation,
    claim::{self, Checked},
    request,
};
use crate::{
    Refusal,
    answer::Answer,
    clock::Moment,
    config::Dps,
    login,
    tpm::{EndorsementKey, Tpm, random},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// For how many seconds the key of a challenge is good. The polls of a registration need it as well.
const LIFE: u64 = 3600;

/// The latest challenge of each registration id, in lower case. There is an enrollment for each of them, so that there
/// are never more than those.
#[derive(Default)]
pub(crate) struct Challenges(BTreeMap<String, Challenge>);

struct Challenge {
    tpm: Tpm,
    key: [u8; 32],
    made: Moment,
}

impl Challenges {
    /// Answers with a new key, wrapped for the TPM. The one before is good for nothing from now on.
    pub(super) fn challenge(&mut self, registration_id: &str, tpm: Tpm, now: Moment) -> Result<Answer, Refusal> {
        let key = random()?;
        let body = json!({
            "message": "Authorization required, resend request using supplied key",
            "authenticationKey": tpm.wrap(&key)?,
            "unencryptedAuthenticationKey": Value::Null,
            "keyName": "registration",
        });
        self.0.insert(registration_id.to_ascii_lowercase(), Challenge { tpm, key, made: now });
        Ok(Answer::new(401, &body, "a challenge for the TPM"))
    }

    fn find(&self, registration_id: &str, now: Moment) -> Option<&Challenge> {
        let challenge = self.0.get(&registration_id.to_ascii_lowercase())?;
        (now.seconds().saturating_sub(challenge.made.seconds()) < LIFE).then_some(challenge)
    }
}

/// Checks a request to an enrollment by TPM: a first registration without a token, or one with the key of the latest
/// challenge.
pub(super) fn check<'a>(
    dps: &Dps,
    challenges: &Challenges,
    now: Moment,
    asked: &Asked<'_>,
    enrolled: &EndorsementKey,
    prove: impl FnOnce(Tpm) -> claim::Claim<'a>,
) -> Result<Checked<'a>, Refusal> {
    let token = asked.token.filter(|token| !token.is_empty());
    match (asked.operation, token) {
        (_, Some(_)) if !asked.chain.is_empty() => Err(Refusal::TwoCredentials),
        (_, None) if !asked.chain.is_empty() => Err(Refusal::NotByCertificate),
        _ if asked.carrier == Carrier::Mqtt => Err(Refusal::TpmOverMqtt),
        (Operation::Lookup, _) => Err(Refusal::LookupByTpm),
        (Operation::Status(_), None) => Err(Refusal::NoToken),
        (Operation::Register, None) => {
            let tpm = request::body(asked)?.tpm.ok_or(Refusal::NoTpm)?;
            if tpm.endorsement_key == *enrolled { Ok(Checked::Unproved(tpm)) } else { Err(Refusal::AnotherTpm) }
        }
        (_, Some(token)) => {
            let (token, expiry) = claim::read(dps, asked, token)?;
            let challenge = challenges.find(asked.registration_id, now).ok_or(Refusal::NoChallenge)?;
            if !token.is_signed_with(&challenge.key) {
                return Err(Refusal::ChallengeSignature);
            }
            login::not_over(expiry, now.seconds())?;
            Ok(Checked::Proved(prove(challenge.tpm.clone())))
        }
    }
}
