use super::{
    response::{Malformed, Reader},
    template::{MODULUS, is_hmac_key},
};
use crate::{
    error::{BlobProblem, TpmError},
    key::ActivationBlob,
};

/// The longest credential or duplicate of an HMAC key, in bytes. A longer one would not fit into a command.
const WRAPPED: usize = 512;

/// The fields of a key blob, each after its length. What is not encrypted is checked.
///
/// ```text
/// 1 credential   2 | 2 integrity 32 | inner wrap key, encrypted
/// 2 its seed     2 | 256, to the endorsement key
/// 3 duplicate    2 | 2 integrity 32 | the HMAC key, encrypted twice
/// 4 its seed     2 | 256, to the storage root key
/// 5 public area  2 | keyed hash, SHA-256, attributes, HMAC with SHA-256
/// ```
///
/// Source: `Azure/azure-iot-sdk-c:provisioning_client/adapters/hsm_client_tpm.c`.
pub(super) struct Fields<'a> {
    pub(super) credential: &'a [u8],
    pub(super) credential_seed: &'a [u8],
    pub(super) duplicate: &'a [u8],
    pub(super) duplicate_seed: &'a [u8],
    pub(super) public: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(blob: &'a ActivationBlob) -> Result<Self, TpmError> {
        let [credential, credential_seed, duplicate, duplicate_seed, public] = blob.fields();
        for (field, bytes) in [(1, credential), (3, duplicate)] {
            is_wrapped(bytes).map_err(|Malformed| wrong(field, BlobProblem::Length))?;
        }
        for (field, bytes) in [(2, credential_seed), (4, duplicate_seed)] {
            if bytes.len() != 2 + MODULUS {
                return Err(wrong(field, BlobProblem::Length));
            }
        }
        if !is_hmac_key(public.get(2..).unwrap_or_default()) {
            return Err(wrong(5, BlobProblem::NotAnHmacKey));
        }
        Ok(Self { credential, credential_seed, duplicate, duplicate_seed, public })
    }
}

const fn wrong(field: u8, problem: BlobProblem) -> TpmError {
    TpmError::Blob { field, problem }
}

/// Checks for an integrity value of SHA-256 with encrypted bytes after it.
fn is_wrapped(field: &[u8]) -> Result<(), Malformed> {
    let mut reader = Reader::new(field);
    let mut inner = Reader::new(reader.sized()?);
    reader.end()?;
    let integrity = inner.sized()?;
    if integrity.len() == 32 && !inner.rest().is_empty() && field.len() <= WRAPPED { Ok(()) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyUse;
    use alloc::vec::Vec;

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }

    fn fields() -> [Vec<u8>; 5] {
        let wrapped = |length| [sized(&[1; 32]), [2].repeat(length)].concat();
        let public = [&[0, 8, 0, 0xb, 0, 4, 4, 0x40, 0, 0, 0, 5, 0, 0xb, 0, 32], [3; 32].as_slice()].concat();
        [wrapped(18), [4; 256].into(), wrapped(108), [5; 256].into(), public]
    }

    fn read(fields: &[Vec<u8>; 5]) -> Result<(), TpmError> {
        let bytes: Vec<u8> = fields.iter().flat_map(|field| sized(field)).collect();
        Fields::of(&ActivationBlob::parse(&bytes, KeyUse::Hub).unwrap()).map(|_| ())
    }

    #[test]
    fn a_blob_with_the_services_layout_is_accepted() {
        assert_eq!(read(&fields()), Ok(()));
    }

    #[test]
    fn the_content_of_each_field_is_checked() {
        for (number, length) in [(1, 34), (1, 33), (1, 600), (2, 255), (2, 257), (3, 34), (3, 600), (4, 128)] {
            let mut fields = fields();
            fields[number - 1].resize(length, 0);
            let field = u8::try_from(number).unwrap();
            assert_eq!(read(&fields), Err(wrong(field, BlobProblem::Length)), "{number} {length}");
        }
        for at in [1, 3, 7, 11, 13, 15] {
            let mut fields = fields();
            fields[4][at] ^= 0x40;
            assert_eq!(read(&fields), Err(wrong(5, BlobProblem::NotAnHmacKey)), "{at}");
        }
        for (number, at) in [(1, 1), (3, 0)] {
            let mut fields = fields();
            fields[number - 1][at] ^= 1;
            assert_eq!(read(&fields), Err(wrong(u8::try_from(number).unwrap(), BlobProblem::Length)));
        }
    }
}
