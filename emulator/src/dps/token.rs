use super::request::Asked;
use crate::{config::Dps, journal::Refusal, sas::Token};

/// The token of a request, when its resource is the requested registration. Neither its signature nor its expiry is
/// checked, but for the format of the latter.
pub(super) fn read<'t>(dps: &Dps, asked: &Asked<'_>, token: &'t str) -> Result<Token<'t>, Refusal> {
    let token = Token::parse(token).ok_or(Refusal::NoToken)?;
    token.expiry()?;
    if !token.is_for_registration(&dps.id_scope, asked.registration_id) {
        return Err(Refusal::Resource);
    }
    // Most clients send it, some send it empty or omit it.
    if token.policy().is_some_and(|name| name != "registration") {
        return Err(Refusal::UnknownPolicy);
    }
    Ok(token)
}
