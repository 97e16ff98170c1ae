//! Who asks, and by which enrollment.

use super::Asked;
use crate::{
    Refusal,
    clock::Moment,
    config::{Dps, Enrollment, Group, Key},
    login,
    sas::{self, Token},
};

/// A registration id that was believed.
pub(crate) struct Claim<'a> {
    pub(crate) registration_id: &'a str,
    pub(crate) enrollment: &'a Enrollment,
    /// The group that it comes from.
    pub(crate) group: Option<&'a str>,
    /// The keys that the device has, as base64.
    pub(crate) keys: Vec<String>,
}

impl Claim<'_> {
    pub(crate) fn device_id(&self) -> &str {
        self.enrollment.device_id.as_deref().unwrap_or(self.registration_id)
    }
}

/// Checks the scope, the enrollment and the token, in this order. An enrollment of its own goes before every group.
pub(crate) fn check<'a>(dps: &'a Dps, now: Moment, asked: &Asked<'a>) -> Result<Claim<'a>, Refusal> {
    if dps.id_scope != asked.scope {
        return Err(Refusal::UnknownScope);
    }
    let registration_id = asked.registration_id;
    let own = dps.enrollments.iter().find(|enrollment| enrollment.id.eq_ignore_ascii_case(registration_id));
    let claims: Vec<Claim<'a>> = match own {
        Some(enrollment) => {
            let keys = enrollment.keys().into_iter().flatten().map(|key| key.text().to_owned()).collect();
            vec![Claim { registration_id, enrollment, group: None, keys }]
        }
        None => dps.groups.iter().map(|group| derived(group, registration_id)).collect(),
    };
    if claims.is_empty() {
        return Err(Refusal::UnknownEnrollment);
    }
    let token = asked.token.and_then(Token::parse).ok_or(Refusal::NoToken)?;
    let expiry = token.expiry().ok_or(Refusal::Expiry)?;
    if !token.is_just_for(&format!("{}/registrations/{registration_id}", dps.id_scope)) {
        return Err(Refusal::Resource);
    }
    // Most clients write it, some leave it empty or out.
    if token.policy().is_some_and(|name| name != "registration") {
        return Err(Refusal::UnknownPolicy);
    }
    let signed = |key: &String| Key::from(key.as_str()).decode().is_some_and(|key| token.is_signed_with(&key));
    let claim = claims.into_iter().find(|claim| claim.keys.iter().any(signed)).ok_or(Refusal::Signature)?;
    login::not_over(expiry, now.seconds())?;
    Ok(claim)
}

fn derived<'a>(Group(enrollment): &'a Group, registration_id: &'a str) -> Claim<'a> {
    let keys = enrollment.keys().into_iter().flatten().filter_map(Key::decode);
    let keys = keys.map(|key| sas::derive(&key, registration_id)).collect();
    Claim { registration_id, enrollment, group: Some(&enrollment.id), keys }
}
