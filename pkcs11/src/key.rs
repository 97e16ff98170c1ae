use crate::{
    error::Error,
    generate::{self, KeyKind},
    mechanism::{Way, ways},
    module::Module,
    module_file,
    opened::Opened,
    pin,
    public_key::PublicKey,
    uri::Uri,
};
use defender_auth::{
    key::{PrivateKey, PrivateKeyError, SignatureScheme},
    secret::SecretText,
};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What is signed when a key is opened.
const PROBE: &[u8] = b"defender-auth: does this mechanism work?";

/// What is not in a URI.
#[derive(Default)]
pub struct Access {
    module: Option<PathBuf>,
    pin: Option<SecretText>,
}

impl Access {
    /// Everything is in the URI.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The file of the module; `module-path` of the URI is not used then.
    #[must_use]
    pub fn with_module(self, file: impl Into<PathBuf>) -> Self {
        Self { module: Some(file.into()), ..self }
    }

    /// The PIN; `pin-source` of the URI is not read then.
    #[must_use]
    pub fn with_pin(self, pin: SecretText) -> Self {
        Self { pin: Some(pin), ..self }
    }

    /// Loads the module, and reads the PIN.
    fn prepare(self, uri: &Uri) -> Result<(Arc<Module>, Option<SecretText>), Error> {
        if uri.has_pin_value() {
            return Err(Error::PinValue);
        }
        let path = self.module.as_deref().or(uri.module_path().map(str::as_ref));
        let module = Module::load(&module_file::find(path, uri.module_name())?)?;
        let pin = match (self.pin, uri.pin_source()) {
            (Some(pin), _) => Some(pin),
            (None, Some(source)) => Some(pin::read(source)?),
            (None, None) => None,
        };
        Ok((module, pin))
    }
}

/// A private key in a PKCS#11 token.
///
/// One session is kept open for its life; signatures are made one after the other. It is opened anew, once for a
/// signature, when the token was away, when the module was finalized by other code of the process, and when a signature does
/// not verify: each is verified before it is returned. No time limit can be set
/// for a signature: a module cannot be interrupted.
pub struct TokenKey {
    uri: Uri,
    pin: Option<SecretText>,
    module: Arc<Module>,
    public: PublicKey,
    ways: Vec<Way>,
    schemes: Vec<SignatureScheme>,
    opened: Mutex<Option<Opened>>,
}

impl TokenKey {
    /// Opens a key: loads the module, logs in to the token, and proves by signatures which schemes work.
    ///
    /// # Errors
    /// When module, token, key or PIN are not as they have to be. A PIN that a token rejects is not tried again in the
    /// life of the process.
    pub fn open(uri: &Uri) -> Result<Self, Error> {
        Self::open_with(uri, Access::new())
    }

    /// The same with a module or a PIN from elsewhere.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(uri: &Uri, access: Access) -> Result<Self, Error> {
        let (module, pin) = access.prepare(uri)?;
        Self::open_in(module, uri.clone(), pin)
    }

    /// Generates a pair of keys in the token, with the label (`object`) and the identifier of a URI, and opens it. Without an
    /// identifier in the URI, the pair gets a random one. The private key cannot be read from the token.
    ///
    /// # Errors
    /// [`Error::Taken`] when the token has a private key of that name, [`Error::NoPin`] without a PIN, [`Error::Module`] when
    /// the token does not generate this kind, and those of [`open`](Self::open).
    pub fn generate(uri: &Uri, kind: KeyKind, access: Access) -> Result<Self, Error> {
        let (module, pin) = access.prepare(uri)?;
        generate::generate(&module, uri, pin.as_ref(), kind)?;
        Self::open_in(module, uri.clone(), pin)
    }

    fn open_in(module: Arc<Module>, uri: Uri, pin: Option<SecretText>) -> Result<Self, Error> {
        let generation = module.enter()?.generation();
        let (mut opened, public) = match Opened::open(&module, &uri, pin.as_ref()) {
            // Not every module sees tokens that came since it was initialized.
            Err(Error::NoToken { .. }) => {
                module.restart(generation)?;
                Opened::open(&module, &uri, pin.as_ref())?
            }
            opened => opened?,
        };
        let ways = prove(&mut opened, &public)?;
        let schemes = ways.iter().map(|way| way.scheme).collect();
        Ok(Self { uri, pin, module, public, ways, schemes, opened: Mutex::new(Some(opened)) })
    }

    /// The URI by which it was opened.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    fn try_sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, Error> {
        let way = self.ways.iter().copied().find(|way| way.scheme == scheme).ok_or(Error::OtherScheme { scheme })?;
        // Before the lock: in a forked process nobody would release it.
        let generation = self.module.enter()?.generation();
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let first = self.sign_once(&mut opened, way, message);
        let Err(error) = &first else { return first };
        // Since other code has initialized the module anew, the handles of session and key may be those of others.
        if !error.is_of_an_ended_session() && !matches!(error, Error::WrongSignature { .. }) {
            return first;
        }
        *opened = None;
        let second = self.sign_once(&mut opened, way, message);
        let Err(error) = &second else { return second };
        if !error.is_of_an_ended_session() {
            return second;
        }
        *opened = None;
        self.module.restart(generation)?;
        self.sign_once(&mut opened, way, message)
    }

    /// In the session that is open, or in a new one.
    fn sign_once(
        &self,
        place: &mut MutexGuard<'_, Option<Opened>>,
        way: Way,
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        match &**place {
            Some(opened) if !opened.is_of_an_earlier_generation()? => return self.verified(opened, way, message),
            _ => {}
        }
        let (opened, public) = Opened::open(&self.module, &self.uri, self.pin.as_ref())?;
        if public.info() != self.public.info() {
            return Err(Error::OtherKey { token: opened.token.clone() });
        }
        self.verified(place.insert(opened), way, message)
    }

    fn verified(&self, opened: &Opened, way: Way, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = opened.sign(way, message)?;
        if self.public.verifies(way.scheme, message, &signature) {
            return Ok(signature);
        }
        Err(Error::WrongSignature { token: opened.token.clone() })
    }
}

/// The first way of each scheme by which the token makes a signature that verifies: what a token lists of its
/// mechanisms is neither complete nor true.
fn prove(opened: &mut Opened, public: &PublicKey) -> Result<Vec<Way>, Error> {
    let (mut proven, mut cause, mut is_wrong) = (Vec::<Way>::new(), None, false);
    for way in ways(public.kind()) {
        if proven.iter().any(|other| other.scheme == way.scheme) {
            continue;
        }
        match opened.sign(way, PROBE) {
            Ok(signature) if public.verifies(way.scheme, PROBE, &signature) => proven.push(way),
            Ok(_) => is_wrong = true,
            Err(Error::Module { cause: other, .. }) if !other.is_temporary() => {
                cause = Some(other);
                opened.renew_session()?;
            }
            Err(error) => return Err(error),
        }
    }
    if proven.is_empty() {
        return Err(Error::NoScheme { token: opened.token.clone(), cause: cause.filter(|_| !is_wrong) });
    }
    Ok(proven)
}

impl PrivateKey for TokenKey {
    fn public_key(&self) -> &[u8] {
        self.public.info()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        self.try_sign(scheme, message).map_err(|error| error.at(&self.uri.to_string()))
    }

    fn verifies_signatures(&self) -> bool {
        true
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uri)
    }
}
