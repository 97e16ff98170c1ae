//! The folder of a device's certificates. Each step is on the disk before the next one begins.

use super::{
    place::{self, Place},
    shown::Shown,
};
use crate::{
    private_key::options::Secrets,
    system::clock,
    terminal::{failure::Failure, problem::Problem, progress, stderr},
};
use clap::ValueEnum;
use defender_auth::{
    ConnectionString, Error, Outcome, UnixTime, agent,
    credential::{CertificateRequest, ClientCertificate, IssuedChain, Issuer},
    error::{IssuedChainError, KeyLocationError},
    http::OperationId,
    identity::Identity,
    renewal::{Certificates, Current, Pending, RecordedKey, RequestId},
    store::{CertificatesLock, Store, StoreError},
    x509::{Certificate, Curve, judge},
};
use std::{fs, path::Path};

/// The kind of the key of a new request.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyType {
    /// ECDSA with P-384
    P384,
    /// ECDSA with P-256
    P256,
}

impl KeyType {
    const fn curve(self) -> Curve {
        match self {
            Self::P384 => Curve::P384,
            Self::P256 => Curve::P256,
        }
    }

    /// As [`CertificateRequest::key_kind`] has it.
    const fn name(self) -> &'static str {
        match self {
            Self::P384 => "P-384",
            Self::P256 => "P-256",
        }
    }
}

/// A folder with the certificate that a device connects with, and the request for the next one.
pub(crate) struct Kept {
    pub(super) store: Store,
    certificates: Certificates,
    /// Unless it is only looked at.
    _lock: Option<CertificatesLock>,
}

impl Kept {
    /// Opens a folder to change what is in it; if it does not exist it is made. No other process may use its certificates.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let store = Store::open(folder).map_err(failed)?;
        let lock = store.lock_certificates().map_err(failed)?;
        Self::load(store, Some(lock))
    }

    /// Opens a folder that has certificates, to change them. `None` when there are none.
    pub(crate) fn find_to_change(folder: &Path) -> Result<Option<Self>, Failure> {
        folder.is_dir().then(|| Self::open(folder)).transpose().map(|kept| kept.filter(Self::is_there))
    }

    /// Opens a folder that has certificates, to look at them. `None` when there are none.
    pub(crate) fn find(folder: &Path) -> Result<Option<Self>, Failure> {
        let look = || Self::load(Store::open(folder).map_err(failed)?, None);
        folder.is_dir().then(look).transpose().map(|kept| kept.filter(Self::is_there))
    }

    fn load(store: Store, lock: Option<CertificatesLock>) -> Result<Self, Failure> {
        let kept = store.load_certificates().map_err(failed)?;
        let (certificates, warning) = kept.unwrap_or_default();
        if let Some(warning) = warning {
            stderr::warning(warning);
        }
        Ok(Self { store, certificates, _lock: lock })
    }

    const fn is_there(&self) -> bool {
        self.current().is_some() || self.pending().is_some()
    }

    pub(crate) const fn current(&self) -> Option<&Current> {
        self.certificates.current()
    }

    pub(crate) const fn pending(&self) -> Option<&Pending> {
        self.certificates.pending()
    }

    /// Fails if the certificates are those of another name.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), Failure> {
        let current = self.current().and_then(leaf);
        let names = [
            current.as_ref().and_then(Certificate::common_name),
            self.pending().and_then(|pending| pending.request.common_name()),
        ];
        match names.into_iter().flatten().find(|found| *found != name) {
            Some(other) => {
                let what = format!("it has the certificates of {other}, not of {name}; name another folder");
                Err(Failure::at(self.store.folder().display(), what))
            }
            None => Ok(()),
        }
    }

    /// The request to send: the pending one, or else a new one for a new key, of the kind of the key in use if there is one.
    /// Another kind of key requires a new request too.
    pub(crate) fn request(
        &mut self,
        name: &str,
        key_type: Option<KeyType>,
        place: &Place,
        secrets: &Secrets<'_>,
    ) -> Result<(), Failure> {
        if let Some(pending) = self.pending() {
            if pending.chain.is_some() {
                progress::step("continuing with the certificate that was issued earlier");
                return Ok(());
            }
            if key_type.is_none_or(|wanted| wanted.name() == pending.request.key_kind()) {
                progress::step(match pending.operation {
                    Some(_) => "continuing with the registration that was interrupted",
                    None => "continuing with the request that is pending",
                });
                return Ok(());
            }
        }
        let curve = key_type.map(KeyType::curve).or_else(|| self.curve_in_use()).unwrap_or(Curve::P384);
        let (record, key) = place.make(self.store.folder(), name, curve, secrets)?;
        let request = CertificateRequest::sign(name, &*key).map_err(|error| Failure::Call(error.to_string()))?;
        // The last bytes of a new public key cannot be predicted, and no other request has them.
        let entropy = key.public_key().last_chunk().copied().unwrap_or_default();
        self.certificates.begin(record, request, RequestId::from_entropy(entropy));
        self.save()
    }

    /// Where new keys are made: as it is wanted, or else where the key in use is, or the one that is requested for.
    pub(crate) fn place(&self, wanted: Option<&Place>) -> Result<Place, Failure> {
        let in_use = self.current().map(|current| &current.key).or_else(|| self.pending().map(|pending| &pending.key));
        match (wanted, in_use) {
            (Some(place), _) => Ok(place.clone()),
            (None, Some(key)) => Place::of(key),
            (None, None) => Ok(Place::File),
        }
    }

    fn curve_in_use(&self) -> Option<Curve> {
        // The length of a point.
        match leaf(self.current()?)?.public_key().len() {
            65 => Some(Curve::P256),
            97 => Some(Curve::P384),
            _ => None,
        }
    }

    /// Removes the key files in the folder that are used no longer: the new certificate works.
    pub(crate) fn remove_unused_keys(&self) {
        let used = [self.current().map(|it| &it.key), self.pending().map(|it| &it.key)];
        let used: Vec<&RecordedKey> = used.into_iter().flatten().collect();
        for path in place::unused_files(self.store.folder(), &used) {
            if let Err(error) = fs::remove_file(&path) {
                stderr::warning(format_args!("{}: {error}", path.display()));
            }
        }
    }

    /// Keeps the operation of the registration that the pending request was sent by.
    pub(crate) fn sent_by(&mut self, operation: &OperationId) -> Result<(), StoreError> {
        if self.certificates.sent_by(operation) { self.store.save_certificates(&self.certificates) } else { Ok(()) }
    }

    /// Keeps what was issued.
    pub(crate) fn issued(&mut self, chain: IssuedChain) -> Result<(), Failure> {
        if !self.certificates.issued(chain) {
            return Err(Failure::NotSupported("a certificate that was not requested"));
        }
        self.save()
    }

    /// Judges what was issued, and uses it from now on. If it is refused, the certificate in use remains.
    pub(crate) fn accept(&mut self) -> Result<(), Failure> {
        let Some((chain, request)) =
            self.pending().and_then(|pending| Some((pending.chain.as_ref()?, &pending.request)))
        else {
            return Err(Failure::NotSupported("a certificate that was not issued"));
        };
        match judge(chain, request, None, clock::now()) {
            Ok(_) => {
                // What is pending has been issued.
                let _ = self.certificates.accept();
                self.save()
            }
            // It may be used later, or when the clock is right.
            Err(error @ IssuedChainError::NotYetValid { .. }) => Err(error.into()),
            Err(error) => {
                self.certificates.discard();
                self.save()?;
                Err(error.into())
            }
        }
    }

    /// Keeps which device at which hub it is, as a connection string without a key.
    pub(crate) fn write_identity(&self, outcome: &Outcome) -> Result<(), Failure> {
        let device = outcome.clone().with_certificate(ClientCertificate::held_elsewhere(Some(Issuer::Authority)));
        let string = device.connection_string().ok_or_else(|| {
            Failure::Call(
                "the device is registered, but its ID contains a `;` and has no place in a connection string; use another \
                 ID"
                .into(),
            )
        })?;
        self.store.write(agent::CONNECTION_STRING, string.expose().expose()).map_err(failed)
    }

    /// The device at its hub, with the certificate in use.
    pub(crate) fn device(&self, secrets: &Secrets<'_>) -> Result<Option<Outcome>, Failure> {
        let Some(current) = self.current() else { return Ok(None) };
        let (identity, _) = self.string()?.ok_or_else(|| {
            let what = format!("it has no {}; register the device again", agent::CONNECTION_STRING);
            Failure::at(self.store.folder().display(), what)
        })?;
        let chain = current.chain.certificates().to_vec();
        let certificate = match (current.key.expose_pkcs8(), current.key.name()) {
            (Some(key), _) => ClientCertificate::from_der(chain, key, Issuer::Authority),
            (None, name) => {
                let name = name.unwrap_or_default();
                let location = name.parse().map_err(|error: KeyLocationError| Failure::at(name, error))?;
                ClientCertificate::with_private_key(
                    chain,
                    secrets.open(&location)?.into_private_key()?,
                    Issuer::Authority,
                )
            }
        };
        Ok(Some(Outcome::new(identity, certificate)))
    }

    /// Whether a folder's connection string may be written: a key in it would be lost.
    pub(crate) fn check_string(&self) -> Result<(), Failure> {
        match self.string()? {
            Some((_, false)) => {
                let path = self.store.folder().join(agent::CONNECTION_STRING);
                Err(Failure::at(path.display(), "it has a key, which would be lost; name another folder"))
            }
            _ => Ok(()),
        }
    }

    /// The identity of the folder's connection string, and whether that has no key.
    fn string(&self) -> Result<Option<(Identity, bool)>, Failure> {
        let Some((text, _)) = self.store.read(agent::CONNECTION_STRING).map_err(failed)? else { return Ok(None) };
        let string = ConnectionString::parse(text.expose().trim()).map_err(|error| {
            let place = self.store.folder().join(agent::CONNECTION_STRING);
            Error::from(error).at(place.display().to_string())
        })?;
        let is_x509 = string.credential().certificate().is_some();
        Ok(Some((string.identity().clone(), is_x509)))
    }

    /// The certificate in use, for a report.
    pub(crate) fn show(&self, now: UnixTime) -> Option<Shown> {
        let current = self.current()?;
        let place = self.store.certificates_path();
        let key = current.key.name().map_or_else(|| place.display().to_string(), ToOwned::to_owned);
        let pending = self.pending().map(|pending| pending.request.key_kind());
        Some(Shown::of(&leaf(current)?, Some(key), pending, now))
    }

    fn save(&self) -> Result<(), Failure> {
        self.store.save_certificates(&self.certificates).map_err(failed)
    }
}

/// The device's own certificate.
pub(crate) fn leaf(current: &Current) -> Option<Certificate> {
    current.chain.certificates().first().and_then(|der| Certificate::from_der(der).ok())
}

/// What an error of a folder with a state means.
pub(crate) fn failed(error: StoreError) -> Failure {
    match error {
        StoreError::Write(_) => Failure::Write(error.to_string()),
        StoreError::InUse { ref folder } | StoreError::SessionInUse { ref folder } => {
            Failure::service(Problem::in_use(folder, error.to_string()))
        }
        error => Failure::Call(error.to_string()),
    }
}
