//! What RFC 5280 requires of an issuer and `webpki` does not check: `keyUsage` in every certificate, and of a trust anchor
//! its path length and extended key usage as well.

use super::Facts;
use crate::journal::Refusal;

/// Whether the certificates of a verified path may issue the ones before them: the intermediates in their order from the
/// leaf to the trust anchor, and the trust anchor.
pub(super) fn check(intermediates: &[Facts], anchor: &Facts) -> Result<(), Refusal> {
    for issuer in intermediates.iter().chain([anchor]) {
        if !issuer.may_sign_certificates {
            return refuse(issuer, "its keyUsage does not include keyCertSign");
        }
    }
    if !anchor.may_authenticate_clients {
        return refuse(anchor, "its extended key usage does not include client authentication");
    }
    // Of the intermediates `webpki` has checked it. A certificate that a CA issued to itself does not count.
    let below = intermediates.iter().filter(|issuer| issuer.subject != issuer.issuer).count();
    match anchor.path_length {
        Some(limit) if below > usize::try_from(limit).unwrap_or(usize::MAX) => {
            refuse(anchor, "its path length constraint permits fewer intermediates")
        }
        _ => Ok(()),
    }
}

fn refuse(issuer: &Facts, fault: &'static str) -> Result<(), Refusal> {
    Err(Refusal::Issuer { subject: issuer.subject.clone(), fault })
}
