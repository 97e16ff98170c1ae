use super::crypto::hmac;

/// `KDFa` with SHA-256, for a key of one digest at most: a counter, the label with its zero, the context and the length in
/// bits.
pub(super) fn kdfa<const LENGTH: usize>(key: &[u8], label: &str, context: &[u8]) -> [u8; LENGTH] {
    const { assert!(LENGTH <= 32, "one block is enough") };
    let bits = u32::try_from(LENGTH * 8).unwrap_or(u32::MAX);
    let text = [&1u32.to_be_bytes(), label.as_bytes(), &[0], context, &bits.to_be_bytes()].concat();
    let mut derived = [0; LENGTH];
    for (to, from) in derived.iter_mut().zip(hmac(key, &text)) {
        *to = from;
    }
    derived
}

/// The encryption key of a seed.
pub(super) fn storage_key(seed: &[u8], name: &[u8]) -> [u8; 16] {
    kdfa(seed, "STORAGE", name)
}

/// The integrity key of a seed.
pub(super) fn integrity_key(seed: &[u8]) -> [u8; 32] {
    kdfa(seed, "INTEGRITY", &[])
}
