//! Key files of a TPM: the format `TSS2 PRIVATE KEY`, as tpm2-openssl and tpm2-tools write it.

use super::{
    der::{BOOLEAN, Der, OCTET_STRING, context},
    key_text,
    parent::Parent,
    public_area::PublicArea,
    response::Malformed,
};
use crate::{
    base::{
        der::{INTEGER, OBJECT_IDENTIFIER, SEQUENCE, element, only, unsigned},
        encode,
    },
    error::{KeyFileError, TpmError, TpmKeyKind},
};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// The longest text that is read, in bytes. It may hold certificates too.
const TEXT_LIMIT: usize = 64 * 1024;
/// The longest key that is read, in bytes: more does not fit into a command. That of an RSA-4096 key has less than 3 KiB.
const SIZE_LIMIT: usize = 4000;
/// 2.23.133.10.1: the types of keys are below it.
const KEY_TYPES: [u8; 5] = [0x67, 0x81, 0x05, 0x0a, 0x01];

/// The file of a key that only its TPM can use: the public key, and the private key encrypted by the TPM.
///
/// ```text
/// TPMKey ::= SEQUENCE {
///     type       OBJECT IDENTIFIER,               2.23.133.10.1.3, a loadable key; others are rejected by name
///     emptyAuth  [0] EXPLICIT BOOLEAN OPTIONAL,   whether the key has no password
///     policy [1], secret [2], authPolicy [3]      rejected
///     description [4], rsaParent [5]              read, not written
///     parent     INTEGER,
///     pubkey     OCTET STRING,                    a TPM2B_PUBLIC
///     privkey    OCTET STRING }                   a TPM2B_PRIVATE
/// ```
///
/// Source: the draft "ASN.1 Specification for TPM 2.0 Key Files" (draft-bottomley-tpm2-keys).
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFile {
    pub(super) parent: Parent,
    /// As the file says; some tools write the opposite.
    pub(super) has_empty_auth: Option<bool>,
    /// The complete `TPM2B_PUBLIC`.
    pub(super) public: Vec<u8>,
    /// The complete `TPM2B_PRIVATE`.
    pub(super) private: Vec<u8>,
    pub(super) area: PublicArea,
}

impl KeyFile {
    /// Reads the one block `TSS2 PRIVATE KEY` of a text. Other blocks are ignored.
    ///
    /// # Errors
    /// [`TpmError::KeyFile`] when there is not exactly one or it cannot be read, [`TpmError::SigningKey`] for a kind of key
    /// that is not supported.
    pub fn from_pem(text: &[u8]) -> Result<Self, TpmError> {
        if text.len() > TEXT_LIMIT {
            return Err(KeyFileError::TooLarge { limit: TEXT_LIMIT }.into());
        }
        Self::from_der(key_text::decode(text)?.expose())
    }

    /// Reads the content of such a block.
    ///
    /// # Errors
    /// Those of [`from_pem`](Self::from_pem).
    pub fn from_der(der: &[u8]) -> Result<Self, TpmError> {
        if der.len() > SIZE_LIMIT {
            return Err(KeyFileError::TooLarge { limit: SIZE_LIMIT }.into());
        }
        let Fields { has_empty_auth, parent, public, private } = fields(der)?;
        let area = PublicArea::read(public)?;
        Ok(Self { parent, has_empty_auth, public: public.into(), private: private.into(), area })
    }

    /// The file as a text, which tpm2-openssl reads too.
    #[must_use]
    pub fn to_pem(&self) -> String {
        encode::pem(key_text::LABEL, &self.to_der())
    }

    /// The content of the text.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let empty_auth = self.has_empty_auth.map(|is_empty| {
            let value = element(BOOLEAN, &[&[if is_empty { 0xff } else { 0 }]]);
            element(context(0), &[&value])
        });
        element(
            SEQUENCE,
            &[
                &element(OBJECT_IDENTIFIER, &[&KEY_TYPES, &[3]]),
                empty_auth.as_deref().unwrap_or_default(),
                &unsigned(&self.parent.handle().to_be_bytes()),
                &element(OCTET_STRING, &[&self.public]),
                &element(OCTET_STRING, &[&self.private]),
            ],
        )
    }

    /// The kind of the key.
    #[must_use]
    pub const fn kind(&self) -> TpmKeyKind {
        self.area.kind
    }

    /// The key below which it is.
    #[must_use]
    pub const fn parent(&self) -> Parent {
        self.parent
    }

    /// The public key: a `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.area.key.as_der()
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({}, {:#010x}, ..)", self.area.kind, self.parent.handle())
    }
}

/// What is read of a file.
struct Fields<'a> {
    has_empty_auth: Option<bool>,
    parent: Parent,
    public: &'a [u8],
    private: &'a [u8],
}

fn fields(der: &[u8]) -> Result<Fields<'_>, KeyFileError> {
    const fn malformed(field: &'static str) -> KeyFileError {
        KeyFileError::Field { field }
    }
    let mut reader = Der::new(only(der, SEQUENCE).ok_or(malformed("outer SEQUENCE"))?);
    match reader.next(OBJECT_IDENTIFIER).ok_or(malformed("type"))?.strip_prefix(&KEY_TYPES) {
        Some([3]) => {}
        Some([4]) => return Err(KeyFileError::Importable),
        Some([5]) => return Err(KeyFileError::Sealed),
        _ => return Err(KeyFileError::Type),
    }
    let has_empty_auth = flag(&mut reader, 0).map_err(|Malformed| malformed("emptyAuth"))?;
    for (number, field, error) in [
        (1, "policy", KeyFileError::Policy),
        (2, "secret", KeyFileError::Importable),
        (3, "authPolicy", KeyFileError::Policy),
    ] {
        if reader.optional(context(number)).map_err(|Malformed| malformed(field))?.is_some() {
            return Err(error);
        }
    }
    reader.optional(context(4)).map_err(|Malformed| malformed("description"))?;
    let has_rsa_parent = flag(&mut reader, 5).map_err(|Malformed| malformed("rsaParent"))?;
    let parent = Parent::of(reader.next(INTEGER).and_then(handle).ok_or(malformed("parent"))?)?;
    if has_rsa_parent == Some(true) && parent == Parent::StorageRoot {
        return Err(KeyFileError::RsaParent);
    }
    let mut sized = |field| {
        let content = reader.next(OCTET_STRING).ok_or(malformed(field))?;
        let inner =
            content.split_first_chunk().map(|(length, inner)| (usize::from(u16::from_be_bytes(*length)), inner));
        match inner {
            Some((length, inner)) if length == inner.len() && length > 0 => Ok(content),
            _ => Err(KeyFileError::Length { field }),
        }
    };
    let (public, private) = (sized("pubkey")?, sized("privkey")?);
    if reader.is_at_end() { Ok(Fields { has_empty_auth, parent, public, private }) } else { Err(malformed("end")) }
}

/// A `BOOLEAN` in an explicit tag. Some tools write 01 for TRUE, where DER requires ff.
fn flag(reader: &mut Der<'_>, number: u8) -> Result<Option<bool>, Malformed> {
    let Some(inner) = reader.optional(context(number))? else { return Ok(None) };
    match only(inner, BOOLEAN) {
        Some([value]) => Ok(Some(*value != 0)),
        _ => Err(Malformed),
    }
}

/// A handle: an `INTEGER` that is not negative, of at most 32 bits.
fn handle(integer: &[u8]) -> Option<u32> {
    let is_negative = integer.first().is_none_or(|first| *first >= 0x80);
    let significant = integer.strip_prefix(&[0]).unwrap_or(integer);
    (!is_negative && significant.len() <= 4)
        .then(|| significant.iter().fold(0, |handle, byte| handle << 8 | u32::from(*byte)))
}
