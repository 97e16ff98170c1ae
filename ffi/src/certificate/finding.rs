//! Findings as bits.

use crate::code::{
    DEFENDERAUTH_FINDING_CA_LEAF, DEFENDERAUTH_FINDING_CHAIN_BROKEN, DEFENDERAUTH_FINDING_CHAIN_ORDER,
    DEFENDERAUTH_FINDING_EXPIRED, DEFENDERAUTH_FINDING_NAME_MISMATCH, DEFENDERAUTH_FINDING_NO_CLIENT_AUTH,
    DEFENDERAUTH_FINDING_NOT_YET_VALID, DEFENDERAUTH_FINDING_UNCHECKED, DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS,
    DEFENDERAUTH_FINDING_WEAK,
};
use core::ffi::CStr;

/// The meaning of one bit, and the remedy.
pub(super) const fn text(bit: u32) -> &'static CStr {
    if cfg!(not(feature = "messages")) {
        return c"";
    }
    match bit {
        DEFENDERAUTH_FINDING_EXPIRED => c"a certificate of the chain has expired; renew it, or correct this device's clock",
        DEFENDERAUTH_FINDING_NOT_YET_VALID => c"a certificate of the chain is not yet valid; correct this device's clock, or wait",
        DEFENDERAUTH_FINDING_NO_CLIENT_AUTH => {
            c"it does not allow client authentication; have it issued with `clientAuth` and `digitalSignature`"
        }
        DEFENDERAUTH_FINDING_NAME_MISMATCH => {
            c"the common name (CN) is not the expected ID; the two must be equal, including case"
        }
        DEFENDERAUTH_FINDING_CHAIN_ORDER => {
            c"the certificates were not in order; they have been sorted here, but give other clients the leaf first, then the intermediates"
        }
        DEFENDERAUTH_FINDING_CHAIN_BROKEN => {
            c"a certificate was not issued by the next one, or does not belong to the chain; put each certificate's issuer after it"
        }
        DEFENDERAUTH_FINDING_CA_LEAF => {
            c"the first certificate is a CA certificate; use the device's own certificate, issued with CA:FALSE"
        }
        DEFENDERAUTH_FINDING_WEAK => {
            c"a key or signature has an algorithm or a size that the services reject; use SHA-256 with P-256, P-384, or RSA of 2048 to 4096 bits"
        }
        DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS => {
            c"the TLS of this library cannot use the certificate; have an X.509 v3 certificate issued, with a key of P-256, P-384, or RSA of 2048 to 4096 bits"
        }
        DEFENDERAUTH_FINDING_UNCHECKED => {
            c"nothing was checked: the certificate is NULL, or an earlier call on it ended in PANIC, or it is held elsewhere; check it where it is"
        }
        _ => c"unknown",
    }
}

/// The bit of a finding; 0 for one that is only information, or that cannot occur.
#[cfg(feature = "x509")]
#[expect(clippy::match_same_arms, reason = "each has its own reason to have no bit")]
pub(super) const fn bit(finding: &defender_auth::x509::Finding) -> u32 {
    use defender_auth::x509::Finding;
    match finding {
        Finding::Expired { .. } => DEFENDERAUTH_FINDING_EXPIRED,
        Finding::NotYetValid { .. } => DEFENDERAUTH_FINDING_NOT_YET_VALID,
        // A client signs in the handshake.
        Finding::NotForClients | Finding::NotForSignatures => DEFENDERAUTH_FINDING_NO_CLIENT_AUTH,
        Finding::CommonNameAbsent { .. } | Finding::CommonNameDiffers { .. } => DEFENDERAUTH_FINDING_NAME_MISMATCH,
        Finding::Reordered => DEFENDERAUTH_FINDING_CHAIN_ORDER,
        Finding::UnusableByTls { .. } => DEFENDERAUTH_FINDING_UNUSABLE_BY_TLS,
        // A certificate that does not belong there is usually above a missing one.
        Finding::BrokenLink { .. }
        | Finding::NotCa { .. }
        | Finding::NoCertSign { .. }
        | Finding::IssuerNotForClients { .. }
        | Finding::PathLength { .. }
        | Finding::Unrelated { .. } => DEFENDERAUTH_FINDING_CHAIN_BROKEN,
        Finding::Chain(error) if !error.problem.is_unchecked() => DEFENDERAUTH_FINDING_CHAIN_BROKEN,
        Finding::CaAsLeaf { .. } => DEFENDERAUTH_FINDING_CA_LEAF,
        Finding::WeakSignature { .. } | Finding::RsaSize { .. } | Finding::KeyKind { .. } => DEFENDERAUTH_FINDING_WEAK,
        // A correct chain looks like this: a registered or enrolled certificate need not be part of it.
        Finding::IssuerAbsent { .. } | Finding::RootIncluded | Finding::SelfSigned | Finding::CaSigned { .. } => 0,
        // The caller reads `defenderauth_certificate_not_after` and decides when to renew.
        Finding::ExpiresSoon { .. } | Finding::DaysLeft { .. } => 0,
        // Rejected when it is read, with its own result.
        Finding::KeyMismatch => 0,
        // Only with the purpose IoT Central, which is never used here.
        Finding::CentralIssuer { .. } | Finding::CentralId { .. } => 0,
        // The library's list may grow; a new finding has no bit until C gets one.
        _ => 0,
    }
}
