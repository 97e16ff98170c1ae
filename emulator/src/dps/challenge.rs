//! A TPM proves that it is the enrolled one by signing with a key that no other can take out of its wrapping.

use super::{Asked, Carrier, Operation, claim, request};
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

/// Whether a TPM can ask for this in this way at all.
pub(super) fn check_way(asked: &Asked<'_>) -> Result<(), Refusal> {
    match (asked.carrier, asked.operation) {
        _ if !asked.chain.is_empty() => Err(Refusal::NotByCertificate),
        (Carrier::Mqtt, _) => Err(Refusal::TpmOverMqtt),
        (Carrier::Https, Operation::Lookup) => Err(Refusal::LookupByTpm),
        (Carrier::Https, Operation::Register | Operation::Status(_)) => Ok(()),
    }
}

/// The TPM that a first registration names, if it is the enrolled one. Whether it is there has to be seen.
pub(super) fn named(asked: &Asked<'_>, enrolled: &EndorsementKey) -> Result<Tpm, Refusal> {
    if asked.operation != Operation::Register {
        return Err(Refusal::NoToken);
    }
    let tpm = request::body(asked)?.tpm.ok_or(Refusal::NoTpm)?;
    if tpm.endorsement_key == *enrolled { Ok(tpm) } else { Err(Refusal::AnotherTpm) }
}

/// The TPM whose latest challenge a token answers.
pub(super) fn proved(
    dps: &Dps,
    challenges: &Challenges,
    now: Moment,
    asked: &Asked<'_>,
    token: &str,
) -> Result<Tpm, Refusal> {
    let (token, expiry) = claim::read(dps, asked, token)?;
    let challenge = challenges.find(asked.registration_id, now).ok_or(Refusal::NoChallenge)?;
    if !token.is_signed_with(&challenge.key) {
        return Err(Refusal::ChallengeSignature);
    }
    login::not_over(expiry, now.seconds())?;
    Ok(challenge.tpm.clone())
}
