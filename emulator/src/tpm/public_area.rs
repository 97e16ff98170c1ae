use rsa::{BoxedUint, RsaPublicKey};

/// The public part of an endorsement key, which identifies a TPM.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct EndorsementKey(PublicArea);

/// The public part of a storage root key, the parent of other keys.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StorageRootKey(PublicArea);

/// A `TPMT_PUBLIC` of RSA-2048 that wraps others.
#[derive(Clone, PartialEq, Eq)]
struct PublicArea {
    bytes: Vec<u8>,
    key: RsaPublicKey,
}

/// Attributes of an object, from `TPMA_OBJECT`.
const FIXED_TPM: u32 = 1 << 1;
const FIXED_PARENT: u32 = 1 << 4;
const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
const USER_WITH_AUTH: u32 = 1 << 6;
const ADMIN_WITH_POLICY: u32 = 1 << 7;
const RESTRICTED: u32 = 1 << 16;
const DECRYPT: u32 = 1 << 17;
const SIGN: u32 = 1 << 18;

/// The attributes of both kinds of key. Manufacturers differ in the others.
const STORAGE: u32 = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN | RESTRICTED | DECRYPT;

impl EndorsementKey {
    /// Reads a `TPM2B_PUBLIC`. An error tells what is wrong with it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        PublicArea::parse(bytes, STORAGE | ADMIN_WITH_POLICY).map(Self)
    }

    pub(super) const fn rsa(&self) -> &RsaPublicKey {
        &self.0.key
    }
}

impl StorageRootKey {
    /// Reads a `TPM2B_PUBLIC`. An error tells what is wrong with it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        PublicArea::parse(bytes, STORAGE | USER_WITH_AUTH).map(Self)
    }

    pub(super) const fn rsa(&self) -> &RsaPublicKey {
        &self.0.key
    }

    /// Without its size, as for a Name.
    pub(super) fn area(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl PublicArea {
    fn parse(bytes: &[u8], attributes: u32) -> Result<Self, &'static str> {
        const CUT: &str = "it is truncated, or does not begin with its size";
        let mut sized = Reader(bytes);
        let area = sized.sized().ok_or(CUT)?;
        if !sized.0.is_empty() {
            return Err("bytes follow the TPM2B_PUBLIC");
        }
        let mut reader = Reader(area);
        if (reader.two().ok_or(CUT)?, reader.two().ok_or(CUT)?) != (0x0001, 0x000b) {
            return Err("it is not an RSA key with a Name by SHA-256");
        }
        let flags = reader.four().ok_or(CUT)?;
        if flags & (attributes | SIGN) != attributes {
            return Err("its attributes are those of another key of the TPM");
        }
        let _policy = reader.sized().ok_or(CUT)?;
        if [reader.two(), reader.two(), reader.two()] != [Some(0x0006), Some(128), Some(0x0043)] {
            return Err("its symmetric algorithm is not AES-128 in CFB mode");
        }
        if reader.two() != Some(0x0010) {
            return Err("it has a scheme, which a storage key must not have");
        }
        let (bits, exponent) = (reader.two().ok_or(CUT)?, reader.four().ok_or(CUT)?);
        let modulus = reader.sized().ok_or(CUT)?;
        if bits != 2048 || modulus.len() != 256 || modulus.first().is_none_or(|byte| *byte < 0x80) {
            return Err("its modulus does not have 2048 bits");
        }
        if !reader.0.is_empty() {
            return Err("bytes follow its modulus");
        }
        let exponent = if exponent == 0 { 65537 } else { exponent };
        let modulus = BoxedUint::from_be_slice(modulus, 2048).map_err(|_| "its modulus cannot be read")?;
        let key = RsaPublicKey::new(modulus, exponent.into()).map_err(|_| "its modulus or its exponent is invalid")?;
        Ok(Self { bytes: area.to_vec(), key })
    }
}

/// Bytes that were not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn two(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn four(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.two()?;
        self.take(length.into())
    }
}

#[cfg(test)]
mod tests {
    use crate::tpm::{EndorsementKey, StorageRootKey, vectors};

    #[test]
    fn keys_are_read_and_distinguished() {
        let (endorsement, storage) = (vectors::endorsement_area(), vectors::storage_area());
        assert_eq!((endorsement.len(), storage.len()), (316, 284));
        assert!(EndorsementKey::parse(&endorsement).is_ok() && StorageRootKey::parse(&storage).is_ok());
        let kind = "its attributes are those of another key of the TPM";
        assert_eq!(EndorsementKey::parse(&storage).err(), Some(kind));
        assert_eq!(StorageRootKey::parse(&endorsement).err(), Some(kind));
        // As other software creates it, without `noDA`.
        let mut other = storage;
        other[8] = 0;
        assert!(StorageRootKey::parse(&other).is_ok());
    }

    #[test]
    fn an_error_tells_what_is_wrong_with_a_key() {
        let good = vectors::storage_area();
        let fault = |bytes: &[u8]| StorageRootKey::parse(bytes).err().unwrap_or("nothing");
        let changed = |index: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[index] = value;
            fault(&bytes)
        };
        for length in 0..good.len() {
            assert!(fault(&good[..length]).starts_with("it is truncated"), "{length}");
        }
        assert!(fault(&[good.as_slice(), &[0]].concat()).starts_with("bytes follow the TPM2B"));
        assert!(changed(3, 0x23).contains("not an RSA key"));
        assert!(changed(5, 0x0c).contains("Name by SHA-256"));
        assert!(changed(7, 0x07).contains("attributes"), "it may sign");
        assert!(changed(15, 0).contains("AES-128"));
        assert!(changed(19, 0x14).contains("scheme"));
        assert!(changed(20, 0x0c).contains("2048 bits"));
        assert!(changed(28, 0x70).contains("2048 bits"));
        assert!(changed(283, 0x02).contains("is invalid"), "even");
        assert!(changed(25, 0x02).contains("is invalid"), "an exponent of 2");
    }
}
