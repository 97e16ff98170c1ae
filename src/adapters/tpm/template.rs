use super::{
    command::Part,
    response::{Malformed, Reader},
};
use crate::error::{Found, KeyRole};

/// `TPM_RH_OWNER`
pub(super) const OWNER: u32 = 0x4000_0001;
/// `TPM_RH_ENDORSEMENT`
pub(super) const ENDORSEMENT: u32 = 0x4000_000b;
/// `TPM_RH_NULL`
pub(super) const NULL: u32 = 0x4000_0007;
/// `TPM_ALG_SHA256`
pub(super) const SHA256: u16 = 0x000b;
/// `TPM_ALG_NULL`
pub(super) const NO_ALGORITHM: u16 = 0x0010;
/// AES in CFB mode with a key of this many bits.
pub(super) const fn aes_cfb(bits: u16) -> [Part<'static>; 3] {
    [Part::Short(0x0006), Part::Short(bits), Part::Short(0x0043)]
}

/// The length of an RSA-2048 modulus, and of a ciphertext, in bytes.
pub(super) const MODULUS: usize = 256;
/// `TPMA_OBJECT.noDA`: wrong passwords do not count towards the lockout.
const NO_DA: u8 = 0x04;

/// RSA, SHA-256; fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt; the policy
/// `PolicySecret(TPM_RH_ENDORSEMENT)`; AES-128-CFB, no scheme, 2048 bits, exponent 65537.
///
/// Source: TCG EK credential profile, template L-1; the same in
/// `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c`.
const EK: &[u8] = &[
    0x00, 0x01, 0x00, 0x0b, 0x00, 0x03, 0x00, 0xb2, 0x00, 0x20, 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a,
    0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b,
    0x33, 0x14, 0x69, 0xaa, 0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
];

/// RSA, SHA-256; fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt; no policy;
/// AES-128-CFB, no scheme, 2048 bits, exponent 65537.
///
/// Source: `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c`.
const SRK: &[u8] = &[
    0x00, 0x01, 0x00, 0x0b, 0x00, 0x03, 0x04, 0x72, 0x00, 0x00, 0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10, 0x08,
    0x00, 0x00, 0x00, 0x00, 0x00,
];

/// ECC on P-256, SHA-256; the attributes and the symmetric algorithm of [`SRK`]; no scheme, no key derivation.
///
/// Source: TCG EK credential profile, template H-2.
const ECC_SRK: &[u8] = &[
    0x00, 0x23, 0x00, 0x0b, 0x00, 0x03, 0x04, 0x72, 0x00, 0x00, 0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10, 0x00,
    0x03, 0x00, 0x10,
];

/// An empty `unique` of an ECC key.
const EMPTY_POINT: &[u8] = &[0; 4];

/// HMAC, SHA-256; sign, noDA, userWithAuth; no policy.
///
/// Source: a public area from the provisioning service.
const IDENTITY: &[u8] =
    &[0x00, 0x08, 0x00, 0x0b, 0x00, 0x04, 0x04, 0x40, 0x00, 0x00, 0x00, 0x05, 0x00, 0x0b, 0x00, 0x20];

/// The public area from which a primary key is created: its length, the template, and 256 zero bytes as `unique`. An empty
/// `unique` would create another key.
pub(super) fn primary(role: KeyRole) -> [Part<'static>; 3] {
    let (length, template) = match role {
        KeyRole::Endorsement => (314, EK),
        KeyRole::StorageRoot | KeyRole::Identity => (282, SRK),
    };
    debug_assert_eq!(usize::from(length), template.len() + 2 + MODULUS);
    [Part::Short(length), Part::Bytes(template), Part::Sized(&[0; MODULUS])]
}

/// The same for the ECC storage root key, the parent of key files. Its `unique` is empty, as other tools have it: with zero
/// bytes in it, it would be another key.
pub(super) fn ecc_storage_root() -> [Part<'static>; 3] {
    debug_assert_eq!(ECC_SRK.len() + EMPTY_POINT.len(), 26);
    [Part::Short(26), Part::Bytes(ECC_SRK), Part::Bytes(EMPTY_POINT)]
}

/// Checks that a complete `TPM2B_PUBLIC` is that of the expected key; returns what it is otherwise.
pub(super) fn check(role: KeyRole, public: &[u8]) -> Result<(), Found> {
    let area = public.get(2..).unwrap_or_default();
    let fits = match role {
        KeyRole::Endorsement => rsa(area, EK),
        // Other tools create it with and without noDA, which makes no difference to a key without a password.
        KeyRole::StorageRoot => {
            let mut lenient = [0; SRK.len()];
            lenient.copy_from_slice(SRK);
            let [_, _, _, _, _, _, flags, ..] = &mut lenient;
            *flags &= !NO_DA;
            rsa(area, SRK) || rsa(area, &lenient)
        }
        KeyRole::Identity => is_hmac_key(area),
    };
    match area {
        _ if fits => Ok(()),
        [0, 0x23, ..] => Err(Found::EccKey),
        [0, 0x01, ..] => Err(Found::RsaKey),
        _ => Err(Found::Other),
    }
}

/// Whether it is exactly the public area of a key that this library loads.
pub(super) fn is_ours(public: &[u8]) -> bool {
    let area = public.get(2..).unwrap_or_default();
    rsa(area, EK)
        || rsa(area, SRK)
        || is_ecc_storage_root(area)
        || (area.starts_with(IDENTITY) && area.len() == IDENTITY.len() + 32)
}

/// Two coordinates of 32 bytes.
fn is_ecc_storage_root(area: &[u8]) -> bool {
    area.strip_prefix(ECC_SRK).is_some_and(|unique| unique.len() == 2 * (2 + 32) && unique.starts_with(&[0, 32]))
}

fn rsa(area: &[u8], template: &[u8]) -> bool {
    area.strip_prefix(template).is_some_and(|unique| unique.len() == 2 + MODULUS && unique.starts_with(&[1, 0]))
}

/// Whether it is an HMAC key with SHA-256 (`TPM_ALG_KEYEDHASH`, name algorithm SHA-256) that was imported. A key that the
/// TPM created belongs to another program.
pub(super) fn is_hmac_key(area: &[u8]) -> bool {
    let read = || {
        let mut reader = Reader::new(area);
        let (kind, name) = (reader.short()?, reader.short()?);
        let attributes = reader.word()?;
        let policy = reader.sized()?;
        let (scheme, hash) = (reader.short()?, reader.short()?);
        let unique = reader.sized()?;
        reader.end()?;
        // sign, userWithAuth; not restricted, decrypt, fixedTPM, fixedParent, sensitiveDataOrigin.
        let signs = attributes & 0x0007_0072 == 0x0004_0040;
        Ok::<_, Malformed>(
            (kind, name, scheme, hash, unique.len()) == (8, SHA256, 5, SHA256, 32) && signs && policy.is_empty(),
        )
    };
    read() == Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn public(template: &[u8]) -> Vec<u8> {
        let mut public = [&[0, 0], template, &[1, 0], &[0xa5; MODULUS]].concat();
        let length = u16::try_from(public.len() - 2).unwrap();
        public[..2].copy_from_slice(&length.to_be_bytes());
        public
    }

    fn identity() -> Vec<u8> {
        [&[0, 48], IDENTITY, &[0x5a; 32]].concat()
    }

    #[test]
    fn the_keys_have_the_sizes_of_the_protocol() {
        assert_eq!((public(EK).len(), public(SRK).len(), identity().len()), (316, 284, 50));
    }

    #[test]
    fn each_key_is_accepted_in_its_own_role_only() {
        let roles = [KeyRole::Endorsement, KeyRole::StorageRoot, KeyRole::Identity];
        for (i, public) in [public(EK), public(SRK), identity()].iter().enumerate() {
            assert!(is_ours(public));
            for (j, role) in roles.into_iter().enumerate() {
                assert_eq!(check(role, public).is_ok(), i == j, "{role} {i}");
            }
        }
        assert_eq!(check(KeyRole::Endorsement, &[0, 2, 0, 0x23]), Err(Found::EccKey));
        assert_eq!(check(KeyRole::Identity, &public(EK)), Err(Found::RsaKey));
        assert_eq!(check(KeyRole::Identity, &[]), Err(Found::Other));
    }

    #[test]
    fn a_key_that_differs_in_one_byte_of_its_template_is_not_ours() {
        for whole in [public(EK), public(SRK), identity()] {
            let template = whole.len() - if whole.len() == 50 { 34 } else { MODULUS };
            for at in 2..template {
                let mut other = whole.clone();
                other[at] ^= 1;
                assert!(!is_ours(&other), "byte {at} of {}", whole.len());
            }
            assert!(!is_ours(&whole[..whole.len() - 1]));
        }
    }

    #[test]
    fn a_storage_root_key_may_lack_noda() {
        let mut key = public(SRK);
        key[8] ^= NO_DA;
        assert_eq!((check(KeyRole::StorageRoot, &key), is_ours(&key)), (Ok(()), false));
    }
}
