use getrandom::SysRng;
use rsa::{Oaep, RsaPublicKey, sha2::Sha256, traits::PaddingScheme as _};

/// The system has no random bytes.
#[derive(Debug)]
pub(crate) struct NoRandomness;

/// Random bytes for a key.
pub(crate) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], NoRandomness> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// Encrypts a seed to a TPM's key: RSA-OAEP with SHA-256. The label tells the purpose of the seed, and includes its zero.
pub(super) fn encrypt_seed(key: &RsaPublicKey, label: &str, seed: [u8; 32]) -> Result<Vec<u8>, NoRandomness> {
    let label = [label.as_bytes(), &[0]].concat();
    // A seed is shorter than the modulus, so that only the randomness can fail.
    Oaep::<Sha256>::new_with_label(label).encrypt(&mut SysRng, key, &seed).map_err(|_| NoRandomness)
}
