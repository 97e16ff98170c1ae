//! The structures of PKCS#12 (RFC 7292, section 4) and those of CMS in it (RFC 5652), as far as they are read.

use super::BLOCK_LIMIT;
use crate::error::CertificateProblem as Problem;
use alloc::vec::Vec;
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier,
    der::{
        Decode, DecodeValue, Error, FixedTag, Header, Reader, Sequence, SliceReader, Tag, TagMode, TagNumber,
        Tagged as _,
        asn1::{AnyRef, OctetStringRef, SequenceRef},
    },
};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const X509: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");

/// The items of a list, of which a file has few.
pub(super) fn items<'a, T: Decode<'a>>(list: &'a [u8], limit: usize) -> Result<Vec<T>, Problem> {
    let bytes = <&SequenceRef>::from_der(list).map_err(|_| Problem::Pkcs12)?.as_bytes();
    let mut reader = SliceReader::new(bytes).map_err(|_| Problem::Pkcs12)?;
    let mut items = Vec::new();
    while !reader.is_finished() {
        if items.len() == limit {
            return Err(Problem::TooManyBlocks { limit: BLOCK_LIMIT });
        }
        items.push(reader.decode().map_err(|_| Problem::Pkcs12)?);
    }
    Ok(items)
}

/// The file.
pub(super) struct Pfx<'a> {
    /// The list of contents, which the MAC covers.
    pub(super) safe: &'a [u8],
    pub(super) mac: Option<MacData<'a>>,
}

impl<'a> DecodeValue<'a> for Pfx<'a> {
    type Error = Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> Result<Self, Error> {
        version(reader, 3)?;
        // The other content is signed, not protected by a password.
        let ContentInfo::Data(safe) = reader.decode()? else { return Err(unexpected()) };
        Ok(Self { safe, mac: reader.decode()? })
    }
}

impl Sequence<'_> for Pfx<'_> {}

pub(super) enum ContentInfo<'a> {
    Data(&'a [u8]),
    Encrypted(AlgorithmIdentifierRef<'a>, &'a [u8]),
}

impl<'a> DecodeValue<'a> for ContentInfo<'a> {
    type Error = Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> Result<Self, Error> {
        match reader.decode()? {
            DATA => Ok(Self::Data(tagged::<_, &OctetStringRef>(reader, TagMode::Explicit)?.as_bytes())),
            ENCRYPTED_DATA => {
                let EncryptedData { scheme, bytes } = tagged(reader, TagMode::Explicit)?;
                Ok(Self::Encrypted(scheme, bytes))
            }
            _ => Err(unexpected()),
        }
    }
}

impl Sequence<'_> for ContentInfo<'_> {}

struct EncryptedData<'a> {
    scheme: AlgorithmIdentifierRef<'a>,
    bytes: &'a [u8],
}

impl<'a> DecodeValue<'a> for EncryptedData<'a> {
    type Error = Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> Result<Self, Error> {
        version(reader, 0)?;
        let content = reader.sequence(|content| {
            let _kind: ObjectIdentifier = content.decode()?;
            let scheme = content.decode()?;
            let bytes = tagged::<_, &OctetStringRef>(content, TagMode::Implicit)?.as_bytes();
            Ok::<_, Error>(Self { scheme, bytes })
        })?;
        // Attributes.
        if !reader.is_finished() {
            AnyRef::decode(reader)?;
        }
        Ok(content)
    }
}

impl Sequence<'_> for EncryptedData<'_> {}

/// One thing in the file.
pub(super) struct SafeBag<'a> {
    pub(super) kind: ObjectIdentifier,
    pub(super) value: &'a [u8],
}

impl<'a> DecodeValue<'a> for SafeBag<'a> {
    type Error = Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> Result<Self, Error> {
        let (kind, value) = (reader.decode()?, AnyRef::decode(reader)?);
        value.tag().assert_eq(Tag::ContextSpecific { constructed: true, number: TagNumber(0) })?;
        // Attributes: names for people, and which certificate is the key's. The key itself says that, too.
        if !reader.is_finished() {
            AnyRef::decode(reader)?.tag().assert_eq(Tag::Set)?;
        }
        Ok(Self { kind, value: value.value() })
    }
}

impl Sequence<'_> for SafeBag<'_> {}

/// An X.509 certificate.
pub(super) struct CertBag<'a>(pub(super) &'a [u8]);

impl<'a> DecodeValue<'a> for CertBag<'a> {
    type Error = Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> Result<Self, Error> {
        match reader.decode()? {
            X509 => Ok(Self(tagged::<_, &OctetStringRef>(reader, TagMode::Explicit)?.as_bytes())),
            _ => Err(unexpected()),
        }
    }
}

impl Sequence<'_> for CertBag<'_> {}

pub(super) struct MacData<'a> {
    pub(super) hash: ObjectIdentifier,
    pub(super) digest: &'a [u8],
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
}

impl<'a> DecodeValue<'a> for MacData<'a> {
    type Error = Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, _: Header) -> Result<Self, Error> {
        let (hash, digest) = reader.sequence(|info| {
            let hash = AlgorithmIdentifierRef::decode(info)?.oid;
            Ok::<_, Error>((hash, <&OctetStringRef>::decode(info)?.as_bytes()))
        })?;
        let salt = <&OctetStringRef>::decode(reader)?.as_bytes();
        Ok(Self { hash, digest, salt, iterations: Option::decode(reader)?.unwrap_or(1) })
    }
}

impl Sequence<'_> for MacData<'_> {}

fn version<'a, R: Reader<'a>>(reader: &mut R, expected: u8) -> Result<(), Error> {
    if u8::decode(reader)? == expected { Ok(()) } else { Err(unexpected()) }
}

/// What follows the tag 0.
fn tagged<'a, R, T>(reader: &mut R, mode: TagMode) -> Result<T, Error>
where
    R: Reader<'a>,
    T: DecodeValue<'a, Error = Error> + FixedTag + 'a,
{
    reader.context_specific(TagNumber(0), mode)?.ok_or_else(unexpected)
}

fn unexpected() -> Error {
    Tag::Sequence.value_error().into()
}
