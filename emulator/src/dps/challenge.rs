//! A TPM proves that it is the enrolled one: it signs with a key that only the enrolled TPM can decrypt.

use super::{
    request::{self, Asked, Carrier, Wanted},
    token,
};
use crate::{
    answer::Answer,
    base::Moment,
    config::Dps,
    journal::Refusal,
    tpm::{EndorsementKey, Tpm, random},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The lifetime of a challenge's key in seconds. The status requests of a registration require it as well.
const LIFE: u64 = 3600;

/// The latest challenge of each registration ID, in lower case. Each has an enrollment, so that there are no more of them
/// than enrollments.
#[derive(Default)]
pub(crate) struct Challenges(BTreeMap<String, Challenge>);

struct Challenge {
    tpm: Tpm,
    key: [u8; 32],
    made: Moment,
}

impl Challenges {
    /// Answers with a new key, wrapped for the TPM. It replaces the one before.
    pub(crate) fn challenge(&mut self, registration_id: &str, tpm: Tpm, now: Moment) -> Result<Answer, Refusal> {
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

/// Whether a TPM can send this request over this carrier.
pub(super) fn check_way(asked: &Asked<'_>) -> Result<(), Refusal> {
    match (asked.carrier, asked.wanted) {
        _ if !asked.chain.is_empty() => Err(Refusal::NotByCertificate),
        (Carrier::Mqtt, _) => Err(Refusal::TpmOverMqtt),
        (Carrier::Https, Wanted::LookUp) => Err(Refusal::LookupByTpm),
        (Carrier::Https, Wanted::Register | Wanted::Status(_)) => Ok(()),
    }
}

/// The TPM that a first registration names, if it is the enrolled one. It has yet to prove itself.
pub(super) fn named(asked: &Asked<'_>, enrolled: &EndorsementKey) -> Result<Tpm, Refusal> {
    if asked.wanted != Wanted::Register {
        return Err(Refusal::NoToken);
    }
    let tpm = request::body(asked)?.tpm.ok_or(Refusal::NoTpm)?;
    if tpm.endorsement_key == *enrolled { Ok(tpm) } else { Err(Refusal::AnotherTpm) }
}

/// The TPM that has signed a token with the key of its latest challenge.
pub(super) fn proved(
    dps: &Dps,
    challenges: &Challenges,
    now: Moment,
    asked: &Asked<'_>,
    token: &str,
) -> Result<Tpm, Refusal> {
    let token = token::read(dps, asked, token)?;
    let challenge = challenges.find(asked.registration_id, now).ok_or(Refusal::NoChallenge)?;
    if !token.is_signed_with(&challenge.key) {
        return Err(Refusal::ChallengeSignature);
    }
    token.check_expiry(now.seconds())?;
    Ok(challenge.tpm.clone())
}
