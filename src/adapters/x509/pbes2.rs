//! Decrypting with a password by PBES2 (RFC 8018, section 6.2), within limits.

use crate::base::secret::SecretBytes;
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier,
    der::{
        Decode as _,
        asn1::{OctetStringRef, SequenceRef},
    },
    pkcs5::{
        self,
        pbes2::{Kdf, PBES2_OID, Parameters, Pbkdf2Prf},
    },
};

const TRIPLE_DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.3.7");

/// The most iterations of one key, or of one .pfx: enough for every tool's own choice, and done in a few seconds.
pub(super) const ITERATIONS: u64 = 10_000_000;
/// The most memory of scrypt. OpenSSL's choice is 16 MiB.
const MEMORY: u64 = 256 * 1024 * 1024;
/// How many times it may fill it.
const PASSES: u64 = 16;
/// Of scrypt's memory, the bytes that take about as long as an iteration.
const ITERATION: u64 = 512;

// The most that scrypt may cost is within the limit of one key.
const _: () = assert!(MEMORY * PASSES / ITERATION <= ITERATIONS);

/// Why something stays encrypted.
pub(super) enum NotOpened {
    /// Its parameters are not supported.
    Scheme,
    /// Another password, as far as can be told.
    Password,
}

/// A derivation and a cipher.
pub(super) struct Pbes2(Parameters);

impl Pbes2 {
    /// The scheme, when it is this one and `pkcs5` does not panic for it.
    pub(super) fn read(scheme: AlgorithmIdentifierRef<'_>) -> Option<Self> {
        let parameters = scheme.parameters.filter(|_| scheme.oid == PBES2_OID)?;
        let cipher = parameters.sequence(|both| {
            let _derivation = AlgorithmIdentifierRef::decode(both)?;
            AlgorithmIdentifierRef::decode(both)
        });
        if !is_whole(cipher.ok()?) {
            return None;
        }
        let read = Parameters::try_from(parameters).ok()?;
        // `pkcs5` panics for that, too.
        let does_nothing = read.kdf.scrypt().is_some_and(|kdf| kdf.cost_parameter == 0);
        (!does_nothing).then_some(Self(read))
    }

    /// The cost of deriving the key, in iterations. `None` when it exceeds the limit: a file must not keep this device
    /// busy for hours.
    pub(super) fn cost(&self) -> Option<u64> {
        let iterations = match &self.0.kdf {
            // A key that is longer than a hash takes the iterations of several (RFC 8018, section 5.2).
            Kdf::Pbkdf2(kdf) => {
                let length = kdf.key_length.map_or(self.0.encryption.key_size(), usize::from);
                u64::from(kdf.iteration_count) * length.div_ceil(output(kdf.prf)) as u64
            }
            Kdf::Scrypt(kdf) => {
                let memory = kdf.cost_parameter.saturating_mul(128 * u64::from(kdf.block_size));
                let passes = u64::from(kdf.parallelization);
                if memory > MEMORY || passes > PASSES {
                    return None;
                }
                (memory * passes).div_ceil(ITERATION)
            }
            _ => return None,
        };
        (iterations <= ITERATIONS).then_some(iterations)
    }

    /// Derives the key and decrypts.
    pub(super) fn open(&self, password: &[u8], bytes: &[u8]) -> Result<SecretBytes, NotOpened> {
        plain(bytes, |bytes| match self.0.decrypt_in_place(password, bytes) {
            Ok(plain) => Ok(plain.len()),
            Err(pkcs5::Error::UnsupportedAlgorithm { .. } | pkcs5::Error::AlgorithmParametersInvalid { .. }) => {
                Err(NotOpened::Scheme)
            }
            Err(_) => Err(NotOpened::Password),
        })
    }
}

/// How many bytes a block of PBKDF2 has.
const fn output(prf: Pbkdf2Prf) -> usize {
    match prf {
        Pbkdf2Prf::HmacWithSha224 => 28,
        Pbkdf2Prf::HmacWithSha256 => 32,
        Pbkdf2Prf::HmacWithSha384 => 48,
        Pbkdf2Prf::HmacWithSha512 => 64,
        // SHA-1, and the shortest for what comes after this version.
        _ => 20,
    }
}

/// Whether triple DES has an initial vector of its own length: for one that is too short `pkcs5` panics.
fn is_whole(cipher: AlgorithmIdentifierRef<'_>) -> bool {
    let vector = cipher.parameters.and_then(|vector| vector.decode_as::<&OctetStringRef>().ok());
    cipher.oid != TRIPLE_DES || vector.is_some_and(|vector| vector.as_bytes().len() == 8)
}

/// Decrypts in memory that is wiped. `decrypt` returns the length of the plain bytes.
pub(super) fn plain(
    bytes: &[u8],
    decrypt: impl FnOnce(&mut [u8]) -> Result<usize, NotOpened>,
) -> Result<SecretBytes, NotOpened> {
    let mut plain = SecretBytes::copy_of(bytes);
    let length = decrypt(plain.expose_mut())?;
    plain.truncate(length);
    // A wrong password gives random bytes, whose padding may be right by chance.
    if <&SequenceRef>::from_der(plain.expose()).is_ok() { Ok(plain) } else { Err(NotOpened::Password) }
}
