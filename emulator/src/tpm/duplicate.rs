use super::{
    crypto::{encrypt, hmac, name, sha256, sized},
    kdf,
};

/// An HMAC key as an object that a TPM can import.
pub(super) struct KeyedHash {
    /// `TPM2B_PUBLIC`.
    pub(super) public: Vec<u8>,
    /// `TPM2B_SENSITIVE`.
    sensitive: Vec<u8>,
    name: Vec<u8>,
}

/// A keyed hash, named by SHA-256, that may sign and be duplicated, with an empty password and no policy, for HMAC of
/// SHA-256.
const AREA: [u8; 14] = [0x00, 0x08, 0x00, 0x0b, 0x00, 0x04, 0x04, 0x40, 0x00, 0x00, 0x00, 0x05, 0x00, 0x0b];

impl KeyedHash {
    /// The seed hides the key in the public area.
    pub(super) fn new(seed: &[u8; 32], key: &[u8]) -> Self {
        let area = [&AREA, sized(&sha256(&[seed, key].concat())).as_slice()].concat();
        let sensitive = [&[0x00, 0x08, 0x00, 0x00], sized(seed).as_slice(), &sized(key)].concat();
        Self { name: name(&area), public: sized(&area), sensitive: sized(&sensitive) }
    }

    /// A `TPM2B_PRIVATE` for `TPM2_Import`: wrapped with a key that the importer gets, and then with a seed that its new parent
    /// can decrypt.
    pub(super) fn duplicate(&self, seed: &[u8; 32], inner_key: &[u8; 16]) -> Vec<u8> {
        let integrity = sha256(&[self.sensitive.as_slice(), &self.name].concat());
        let inner = encrypt(*inner_key, &[sized(&integrity), self.sensitive.clone()].concat());
        let outer = encrypt(kdf::storage_key(seed, &self.name), &inner);
        let integrity = hmac(&kdf::integrity_key(seed), &[outer.as_slice(), &self.name].concat());
        sized(&[sized(&integrity), outer].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::vectors;

    #[test]
    fn a_duplicate_is_the_recorded_one() {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let object = KeyedHash::new(&vectors::OBJECT, &vectors::KEY);
        let public =
            "00300008000b0004044000000005000b0020e52a0f5a123f3944305585b4c94814d3d51134dec9580573ae118bc89c245ce7";
        assert_eq!(hex(&object.public), public);
        assert_eq!(hex(&object.name), "000b0cd0d5e29301cfc1cf2ffd967c5ccd2537f7d6bc7ebdf30b7778bf5f56f40bb3");
        assert_eq!(hex(&kdf::storage_key(&vectors::DUPLICATION, &object.name)), "be98b869ba6f65f4d9776758490a676e");
        let integrity = "341d57cb90c0195844bb22792d813979c0281ae7df204307fb1c4f04e9e4d419";
        assert_eq!(hex(&kdf::integrity_key(&vectors::DUPLICATION)), integrity);
        let duplicate = object.duplicate(&vectors::DUPLICATION, &vectors::INNER);
        let begin =
            "008e00207197f1c2b56cd85ad7ec293ca73bcb3d3277694a71dddd086933b7ba367779241abf75f35038adcc383105cd6290";
        assert_eq!((duplicate.len(), hex(&duplicate[..50])), (144, begin.to_owned()));
        let digest = "df0803597091130380ea5da4709cf11a538f0b91affda77d48dc6d92fb020525";
        assert_eq!(hex(&sha256(&duplicate)), digest);
    }
}
