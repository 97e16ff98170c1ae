use super::{
    crypto::{encrypt, hmac, sized},
    kdf,
};

/// A `TPM2B_ID_OBJECT`: a secret that a TPM decrypts if it has both the key that the seed is encrypted to and the object of
/// this Name.
pub(super) fn id_object(seed: &[u8; 32], secret: &[u8; 16], name: &[u8]) -> Vec<u8> {
    let identity = encrypt(kdf::storage_key(seed, name), &sized(secret));
    let integrity = hmac(&kdf::integrity_key(seed), &[identity.as_slice(), name].concat());
    sized(&[sized(&integrity), identity].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::{crypto::name, vectors};

    #[test]
    fn a_credential_is_the_recorded_one() {
        let name = name(vectors::storage_root_key().area());
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        assert_eq!(hex(&name), "000bd7f99b875bb865a94f9084ddfc8a85eca873f66892be56d421f8923525a88aa7");
        assert_eq!(hex(&kdf::storage_key(&vectors::SEED, &name)), "b16ef7f44dc558d09a7d5ef2d12ee622");
        let integrity = "bacf689f634ece301e1f1b15b072d9c87db6a69585db42b1a0cb8f73ebe2692e";
        assert_eq!(hex(&kdf::integrity_key(&vectors::SEED)), integrity);
        assert_eq!(
            hex(&id_object(&vectors::SEED, &vectors::INNER, &name)),
            "0034002048ecd056772bb852aa499601e9289bc5c81c440c806db42a32e00176ca69995558d05221c2eb7575565546db27e5eb01b00c"
        );
    }
}
