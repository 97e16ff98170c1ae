//! Contents and keys that are encrypted: with PBES2, or as PKCS#12 did it before (RFC 7292, appendix C).

use super::{
    budget::Budget,
    derive::{Derivation, Purpose},
    password::Password,
};
use crate::{
    adapters::x509::pbes2::{NotOpened, Pbes2, plain},
    base::secret::SecretBytes,
    error::CertificateProblem as Problem,
};
use cbc::{
    Decryptor,
    cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7},
};
use des::TdesEde3;
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier,
    der::{Decode as _, asn1::OctetStringRef},
};
use rc2::Rc2;
use ring::digest::SHA1_FOR_LEGACY_USE_ONLY;

const SHA1_TRIPLE_DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHA1_RC2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");

/// The length of an initial vector of triple DES and of RC2.
const VECTOR: usize = 8;

/// Encrypted, and paid for.
pub(super) struct Sealed<'a> {
    scheme: Scheme<'a>,
    bytes: &'a [u8],
}

impl<'a> Sealed<'a> {
    pub(super) fn new(
        scheme: AlgorithmIdentifierRef<'a>,
        bytes: &'a [u8],
        budget: &mut Budget,
    ) -> Result<Self, Problem> {
        let scheme = Scheme::read(scheme).ok_or(Problem::Pkcs12Scheme)?;
        budget.pay(scheme.cost().ok_or(Problem::Pkcs12Cost)?)?;
        Ok(Self { scheme, bytes })
    }

    /// Derives the key and decrypts.
    pub(super) fn open(&self, password: &Password) -> Result<SecretBytes, Problem> {
        let opened = match &self.scheme {
            Scheme::Pbes2(scheme) => scheme.open(password.plain.expose(), self.bytes),
            Scheme::Own { derivation, key_length, decrypt } => {
                let key = derivation.bytes(password.own.expose(), Purpose::Key, *key_length);
                let vector = derivation.bytes(password.own.expose(), Purpose::Vector, VECTOR);
                plain(self.bytes, |bytes| decrypt(key.expose(), vector.expose(), bytes))
            }
        };
        opened.map_err(|problem| match problem {
            NotOpened::Scheme => Problem::Pkcs12Scheme,
            NotOpened::Password if password.is_given => Problem::Pkcs12WrongPassword,
            NotOpened::Password => Problem::Pkcs12Password,
        })
    }
}

enum Scheme<'a> {
    Pbes2(Pbes2),
    Own { derivation: Derivation<'a>, key_length: usize, decrypt: Decrypt },
}

/// From key, initial vector and encrypted bytes to the length of what is plain.
type Decrypt = fn(&[u8], &[u8], &mut [u8]) -> Result<usize, NotOpened>;

impl<'a> Scheme<'a> {
    fn read(scheme: AlgorithmIdentifierRef<'a>) -> Option<Self> {
        let (key_length, decrypt): (usize, Decrypt) = match scheme.oid {
            SHA1_TRIPLE_DES => (24, decrypt::<Decryptor<TdesEde3>>),
            SHA1_RC2 => (5, decrypt::<Decryptor<Rc2>>),
            _ => return Pbes2::read(scheme).map(Self::Pbes2),
        };
        let derivation = scheme.parameters?.sequence(|both| {
            let salt = <&OctetStringRef>::decode(both)?.as_bytes();
            u32::decode(both).map(|iterations| Derivation { hash: &SHA1_FOR_LEGACY_USE_ONLY, salt, iterations })
        });
        Some(Self::Own { derivation: derivation.ok()?, key_length, decrypt })
    }

    /// In iterations, unless it exceeds the limit by itself.
    fn cost(&self) -> Option<u64> {
        match self {
            Self::Pbes2(scheme) => scheme.cost(),
            Self::Own { derivation, key_length, .. } => {
                Some(derivation.cost(*key_length).saturating_add(derivation.cost(VECTOR)))
            }
        }
    }
}

fn decrypt<C: BlockModeDecrypt + KeyIvInit>(key: &[u8], vector: &[u8], bytes: &mut [u8]) -> Result<usize, NotOpened> {
    let cipher = C::new_from_slices(key, vector).map_err(|_| NotOpened::Scheme)?;
    cipher.decrypt_padded::<Pkcs7>(bytes).map(<[u8]>::len).map_err(|_| NotOpened::Password)
}
