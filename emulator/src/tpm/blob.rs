use super::{
    credential,
    crypto::{encrypt, name, sized},
    duplicate::KeyedHash,
    oaep::{self, NoRandomness, random},
    public_area::{EndorsementKey, StorageRootKey},
};

/// The length of the last field in one kind of blob of the real service. Clients ignore its content.
const URI_DATA: usize = 154;

/// The public keys of a TPM.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tpm {
    pub(crate) endorsement_key: EndorsementKey,
    pub(crate) storage_root_key: StorageRootKey,
}

impl Tpm {
    /// Wraps an HMAC key so that only the TPM with both keys can load it. As base64 this is an `authenticationKey`: six
    /// fields with their sizes, as `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c` reads them.
    pub(crate) fn wrap(&self, key: &[u8]) -> Result<String, NoRandomness> {
        let (inner_key, activation, duplication) = (random()?, random()?, random()?);
        let object = KeyedHash::new(&random()?, key);
        let blob = [
            credential::id_object(&activation, &inner_key, &name(self.storage_root_key.area())),
            sized(&oaep::encrypt_seed(self.endorsement_key.rsa(), "IDENTITY", activation)?),
            object.duplicate(&duplication, &inner_key),
            sized(&oaep::encrypt_seed(self.storage_root_key.rsa(), "DUPLICATE", duplication)?),
            object.public,
            sized(&encrypt(inner_key, &[0; URI_DATA])),
        ];
        Ok(data_encoding::BASE64.encode(&blob.concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tpm::vectors;

    #[test]
    fn a_blob_has_six_fields_of_the_recorded_sizes() {
        let (endorsement_key, storage_root_key) = (vectors::endorsement_key(), vectors::storage_root_key());
        let tpm = Tpm { endorsement_key, storage_root_key };
        let blob = data_encoding::BASE64.decode(tpm.wrap(&vectors::KEY).unwrap().as_bytes()).unwrap();
        assert_eq!(blob.len(), 920);
        for (offset, size) in [(0, 52), (54, 256), (312, 142), (456, 256), (714, 48), (764, 154)] {
            assert_eq!(u16::from_be_bytes([blob[offset], blob[offset + 1]]), size, "at {offset}");
        }
        let again = data_encoding::BASE64.decode(tpm.wrap(&vectors::KEY).unwrap().as_bytes()).unwrap();
        assert_ne!(blob[714..764], again[714..764], "no key or seed is used twice");
    }
}
