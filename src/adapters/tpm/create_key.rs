//! New keys for TLS.

use super::{
    client::TpmClient,
    command::{Auth, Command, Op, Part},
    handles::Handles,
    key_file::KeyFile,
    parent::Parent,
    public_area::{ECC, PublicArea, RSA},
    response::Reader,
    template::{NO_ALGORITHM, SHA256},
    transport::Transport,
};
use crate::error::{CommandCause, SigningKeyError, TpmError, TpmKeyKind, UnsupportedKey};
use alloc::vec::Vec;

/// The longest password of a key with SHA-256 as its name algorithm, in bytes.
const PASSWORD_LIMIT: usize = 32;
/// fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, sign.
const SIGNS: u32 = 0x0004_0472;
/// The same with decrypt: in a TPM whose own RSASSA-PSS is not that of TLS, the padding is done in software.
const SIGNS_AND_DECRYPTS: u32 = 0x0006_0472;

impl<T: Transport> TpmClient<T> {
    /// Creates a key for TLS below a parent. It never leaves the TPM in the clear: the file is of use to this TPM only, and
    /// nothing of the key stays loaded.
    ///
    /// The key has no scheme of its own, and wrong passwords of it do not count towards the TPM's lockout. An RSA key also
    /// decrypts.
    ///
    /// # Errors
    /// [`SigningKeyError::NotInThisTpm`] if the TPM does not support the kind; [`TpmError::PasswordTooLong`] for more than 32
    /// bytes; when the TPM rejects a command or cannot be accessed.
    pub fn create_key(
        &mut self,
        kind: TpmKeyKind,
        parent: Parent,
        password: Option<&[u8]>,
    ) -> Result<KeyFile, TpmError> {
        let password = password.unwrap_or_default();
        if password.len() > PASSWORD_LIMIT {
            return Err(TpmError::PasswordTooLong { limit: PASSWORD_LIMIT });
        }
        if !self.supports(kind)? {
            return Err(SigningKeyError::NotInThisTpm { kind }.into());
        }
        let created = self.parent(parent).and_then(|handle| self.create_below(handle, kind, password));
        self.clear_away();
        let (public, private) = created?;
        let area = PublicArea::read(&public)?;
        let is_as_requested = area.kind == kind && area.scheme.is_none() && area.attributes.are(attributes(kind));
        if !is_as_requested {
            return Err(TpmError::Answer { command: Op::Create.name() });
        }
        Ok(KeyFile { parent, has_empty_auth: Some(password.is_empty()), public, private, area })
    }

    /// Whether the TPM has keys of a kind. Nothing is created.
    ///
    /// # Errors
    /// When the TPM cannot be accessed, or rejects the question for another reason.
    pub fn supports(&mut self, kind: TpmKeyKind) -> Result<bool, TpmError> {
        if let TpmKeyKind::Rsa { bits } = kind
            && !matches!(bits, 2048 | 3072 | 4096)
        {
            return Err(SigningKeyError::Kind(UnsupportedKey::RsaBits(bits)).into());
        }
        let parameters = [&[Part::Short(algorithm(kind))], parameters(kind).as_slice()].concat();
        match self.run_sparing(&Command::new(Op::TestParms, &[], &[], &parameters)) {
            Ok(response) => response.done().map(|()| true),
            Err(TpmError::Command(error)) if error.cause == CommandCause::UnsupportedKind => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes the key of a file persistent, so that it is used without the file. The owner's password is required if the owner
    /// hierarchy has one.
    ///
    /// # Errors
    /// [`TpmError::Handle`] for a handle that is not the owner's or that another key of this client has,
    /// [`TpmError::Occupied`] if it holds an object; when the TPM rejects a command or cannot be accessed.
    pub fn persist_key(&mut self, file: &KeyFile, handle: u32) -> Result<(), TpmError> {
        self.check_vacant(handle)?;
        let loaded = self.load_below(file.parent, &file.private, &file.public);
        let result = loaded.and_then(|key| self.evict(key, handle));
        self.clear_away();
        result
    }

    /// Checks that a key can be made persistent at a handle, so that it is known before one is created.
    ///
    /// # Errors
    /// Those of [`persist_key`](Self::persist_key) that a handle has.
    pub fn check_vacant(&mut self, handle: u32) -> Result<(), TpmError> {
        let Handles { endorsement, storage, identity } = self.handles();
        if !Handles::RANGE.contains(&handle) || [endorsement, storage, identity].contains(&handle) {
            return Err(TpmError::Handle { handle });
        }
        match self.read_public(handle, Self::run_sparing)? {
            Some(_) => Err(TpmError::Occupied { handle }),
            None => Ok(()),
        }
    }

    /// Public and private part of a new key.
    fn create_below(&mut self, parent: u32, kind: TpmKeyKind, password: &[u8]) -> Result<(Vec<u8>, Vec<u8>), TpmError> {
        let template = template(kind);
        let size = |parts: &[Part<'_>]| Part::short_of(parts.iter().map(|part| part.len()).sum());
        // The password, and no data of its own.
        let secret = [Part::Sized(password), Part::Sized(&[])];
        let end = [Part::Sized(&[]), Part::Word(0)];
        let parameters = [&[size(&secret)], &secret[..], &[size(&template)], &template, &end].concat();
        let response = self.run_sparing(&Command::new(Op::Create, &[parent], &[Auth::Password(&[])], &parameters))?;
        response.read(|reader| {
            let (private, public) = (reader.whole()?, reader.whole()?);
            reader.sized()?;
            reader.sized()?;
            reader.take(6)?;
            reader.sized()?;
            Ok((public.into(), private.into()))
        })
    }
}

const fn algorithm(kind: TpmKeyKind) -> u16 {
    match kind {
        TpmKeyKind::Rsa { .. } => RSA,
        TpmKeyKind::P256 | TpmKeyKind::P384 => ECC,
    }
}

const fn attributes(kind: TpmKeyKind) -> u32 {
    match kind {
        TpmKeyKind::Rsa { .. } => SIGNS_AND_DECRYPTS,
        TpmKeyKind::P256 | TpmKeyKind::P384 => SIGNS,
    }
}

/// Without a symmetric algorithm and without a scheme; then the length and the exponent, or the curve without a key
/// derivation.
fn parameters(kind: TpmKeyKind) -> [Part<'static>; 4] {
    let none = Part::Short(NO_ALGORITHM);
    match kind {
        TpmKeyKind::Rsa { bits } => [none, none, Part::Short(bits), Part::Word(0)],
        TpmKeyKind::P256 => [none, none, Part::Short(3), none],
        TpmKeyKind::P384 => [none, none, Part::Short(4), none],
    }
}

/// The public area of a new key before its `unique`, with an empty policy.
fn before_unique(kind: TpmKeyKind) -> Vec<Part<'static>> {
    let begin = [Part::Short(algorithm(kind)), Part::Short(SHA256), Part::Word(attributes(kind)), Part::Sized(&[])];
    [begin, parameters(kind)].concat()
}

/// The public area of a new key, with an empty `unique`.
fn template(kind: TpmKeyKind) -> Vec<Part<'static>> {
    let unique: &[Part<'static>] = match kind {
        TpmKeyKind::Rsa { .. } => &[Part::Sized(&[])],
        TpmKeyKind::P256 | TpmKeyKind::P384 => &[Part::Sized(&[]), Part::Sized(&[])],
    };
    [&before_unique(kind), unique].concat()
}

/// Whether a complete `TPM2B_PUBLIC` is that of a key from exactly one of these templates. A process that is killed while it
/// makes one persistent leaves it loaded, and no file of it.
pub(super) fn is_of_template(public: &[u8]) -> bool {
    let Ok(PublicArea { kind, .. }) = PublicArea::read(public) else { return false };
    let mut reader = Reader::new(public.get(2..).unwrap_or_default());
    before_unique(kind).into_iter().all(|part| match part {
        Part::Short(number) => reader.short() == Ok(number),
        Part::Word(number) => reader.word() == Ok(number),
        Part::Sized(bytes) => reader.sized() == Ok(bytes),
        Part::Byte(_) | Part::Bytes(_) => false,
    })
}
