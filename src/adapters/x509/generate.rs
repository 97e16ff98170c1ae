//! New private keys.

use super::{ec_key::Curve, key::PrivateKey};
use crate::{
    base::secret::{SecretBytes, wipe_stack},
    error::{CertificateError, CertificateProblem as Problem},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair},
};

impl PrivateKey {
    /// Makes a new key from the system's random numbers.
    ///
    /// # Errors
    /// [`CertificateProblem::NoRandomness`](Problem::NoRandomness) when the system gives none.
    pub fn generate(curve: Curve) -> Result<Self, CertificateError> {
        let pkcs8 = pkcs8(curve);
        // ring wipes no key. It has a new one on the stack.
        wipe_stack::<16_384>();
        Self::from_pkcs8(pkcs8?.expose())
    }
}

/// A call of its own, for what it leaves on the stack to be wiped.
#[inline(never)]
fn pkcs8(curve: Curve) -> Result<SecretBytes, Problem> {
    let algorithm = match curve {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
    };
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new());
    document.map(|document| SecretBytes::copy_of(document.as_ref())).map_err(|_| Problem::NoRandomness)
}
