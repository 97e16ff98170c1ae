//! Findings as bits.

use crate::code::{
    DEFENDERAUTH_FINDING_CA_LEAF, DEFENDERAUTH_FINDING_CHAIN_BROKEN, DEFENDERAUTH_FINDING_CHAIN_ORDER,
    DEFENDERAUTH_FINDING_EXPIRED, DEFENDERAUTH_FINDING_NAME_MISMATCH, DEFENDERAUTH_FINDING_NO_CLIENT_AUTH,
    DEFENDERAUTH_FINDING_NOT_YET_VALID, DEFENDERAUTH_FINDING_WEAK,
};
use std::ffi::CStr;

/// What one bit means.
pub(super) const fn text(bit: u32) -> &'static CStr {
    match bit {
        DEFENDERAUTH_FINDING_EXPIRED => c"a certificate of the chain is over; renew it, or check this clock",
        DEFENDERAUTH_FINDING_NOT_YET_VALID => c"a certificate of the chain has not begun; check this clock, or wait",
        DEFENDERAUTH_FINDING_NO_CLIENT_AUTH => {
            c"it does not allow to authenticate a client; have it made with `clientAuth` and `digitalSignature`"
        }
        DEFENDERAUTH_FINDING_NAME_MISMATCH => {
            c"the common name (CN) is not the expected one; they have to be the same, letter by letter"
        }
        DEFENDERAUTH_FINDING_CHAIN_ORDER => {
            c"the certificates were not in order, leaf first; they have been put in order here, other clients do not"
        }
        DEFENDERAUTH_FINDING_CHAIN_BROKEN => {
            c"a certificate was not issued by the one behind it, or does not belong there; give each one's issuer, in order"
        }
        DEFENDERAUTH_FINDING_CA_LEAF => {
            c"the first certificate is a CA's; give the device's own certificate, made with CA:FALSE"
        }
        DEFENDERAUTH_FINDING_WEAK => {
            c"a key or a signature is of a kind or a size that the services refuse; take SHA-256 with P-256, P-384 or RSA of 2048 to 4096 bits"
        }
        _ => c"unknown",
    }
}

/// The bit of a finding; 0 for what is only good to know, or cannot be.
#[cfg(feature = "x509")]
#[expect(clippy::match_same_arms, reason = "each has a reason of its own for being none")]
pub(super) const fn bit(finding: &defender_auth::x509::Finding) -> u32 {
    use defender_auth::x509::Finding;
    match finding {
        Finding::Expired { .. } => DEFENDERAUTH_FINDING_EXPIRED,
        Finding::NotYetValid { .. } => DEFENDERAUTH_FINDING_NOT_YET_VALID,
        // In the handshake a client signs.
        Finding::NotForClients | Finding::NotForSignatures => DEFENDERAUTH_FINDING_NO_CLIENT_AUTH,
        Finding::CommonNameAbsent { .. } | Finding::CommonNameDiffers { .. } => DEFENDERAUTH_FINDING_NAME_MISMATCH,
        Finding::Reordered => DEFENDERAUTH_FINDING_CHAIN_ORDER,
        // What does not belong there is most often above something that is missing.
        Finding::BrokenLink { .. }
        | Finding::NotCa { .. }
        | Finding::NoCertSign { .. }
        | Finding::IssuerNotForClients { .. }
        | Finding::PathLength { .. }
        | Finding::Unrelated { .. } => DEFENDERAUTH_FINDING_CHAIN_BROKEN,
        Finding::Chain(error) if !error.problem.is_unchecked() => DEFENDERAUTH_FINDING_CHAIN_BROKEN,
        Finding::CaAsLeaf { .. } => DEFENDERAUTH_FINDING_CA_LEAF,
        Finding::WeakSignature { .. } | Finding::RsaSize { .. } | Finding::KeyKind { .. } => DEFENDERAUTH_FINDING_WEAK,
        // That is how a good chain is: what is registered or enrolled needs not be in it.
        Finding::IssuerAbsent { .. } | Finding::RootIncluded | Finding::SelfSigned | Finding::CaSigned { .. } => 0,
        // `defenderauth_certificate_not_after` says it, and who renews knows how long before.
        Finding::ExpiresSoon { .. } | Finding::DaysLeft { .. } => 0,
        // Refused when it is read, with a result of its own.
        Finding::KeyMismatch => 0,
        // Of IoT Central, for which nobody asks here.
        Finding::CentralIssuer { .. } | Finding::CentralId { .. } => 0,
        // Another crate's list may grow; a finding without a bit is one that C does not see yet.
        _ => 0,
    }
}
