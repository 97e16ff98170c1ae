//! What an earlier process has kept.

use super::{
    super::{Event, options::Options},
    keeper::Keeper,
};
use defender_auth::{
    Now, UnixTime,
    credential::{ClientCertificate, Issuer},
    error::IssuedChainError,
    identity::RegistrationId,
    renewal::Current,
    session::{Clock, OperationalCertificate, Source},
    store::{Store, StoreError},
    x509::{Certificate, judge},
};

/// Gives the source that requests certificates the one that is on the disk. What was issued and not judged yet, because the
/// process has ended, is judged now.
pub(in crate::driver) fn load(mut sources: Vec<Source>, mut options: Options) -> (Vec<Source>, Options, Vec<Event>) {
    let mut events = Vec::new();
    let now = options.clock.now();
    if let Some(source) = sources.iter_mut().find(|source| source.requests_certificates_for().is_some()) {
        give(source, &mut options, now, &mut events);
    }
    (sources, options, events)
}

fn give(source: &mut Source, options: &mut Options, now: Now, events: &mut Vec<Event>) {
    let Some(store) = options.store.clone() else { return };
    let keeper = &mut options.keeper;
    let time = Clock::new(UnixTime::RELEASE, now).time(now);
    // If another process is using it, it is read, and not changed before that has ended.
    let _ = keeper.load(&store, time, events);
    let Some(current) = keeper.kept.current() else { return };
    // One of another enrollment stays where it is until another takes its place.
    let leaf = current.chain.certificates().first().and_then(|der| Certificate::from_der(der).ok());
    let id = source.requests_certificates_for().map(RegistrationId::as_str);
    let Some(leaf) = leaf.filter(|leaf| leaf.common_name() == id) else { return };
    match keeper.operational(&leaf) {
        Ok(Some(certificate)) => *source = source.clone().requesting_certificates(Some(certificate)),
        Ok(None) => {}
        Err(error) => events.push(Event::NotSigned { error }),
    }
    events.extend(keeper.export());
}

/// Whether the certificates may be what was requested, by a clock that is right.
pub(super) const fn is_for_later(error: &IssuedChainError) -> bool {
    matches!(error, IssuedChainError::NotYetValid { .. })
}

impl Keeper {
    /// Reads what is on the disk, and judges what was issued unless another process is using it.
    ///
    /// # Errors
    /// When another process is.
    pub(super) fn load(&mut self, store: &Store, time: UnixTime, events: &mut Vec<Event>) -> Result<(), StoreError> {
        let locked = store.lock_certificates().map(|lock| self.lock = Some(lock));
        match store.load_certificates() {
            Ok(None) => {}
            Ok(Some((kept, warning))) => {
                self.kept = kept;
                events.extend(warning.map(Event::Exposed));
            }
            Err(error) => events.push(Event::NotLoaded { error }),
        }
        if let Some(pending) = self.kept.pending().filter(|_| self.lock.is_some())
            && let Some(chain) = &pending.chain
        {
            match judge(chain, &pending.request, self.root.as_ref(), time) {
                Ok(_) => {
                    // True: it has a chain.
                    let _ = self.kept.accept();
                }
                Err(error) => {
                    if !is_for_later(&error) {
                        self.kept.discard();
                    }
                    events.push(Event::CertificateRefused { error });
                }
            }
            if let Err(error) = store.save_certificates(&self.kept) {
                // The former text leads to the same at the next start.
                events.push(Event::NotSaved { error });
            }
        }
        locked
    }

    /// The current certificate, with its key opened.
    pub(super) fn operational(
        &mut self,
        leaf: &Certificate,
    ) -> Result<Option<OperationalCertificate>, defender_auth::Error> {
        let Some(Current { key, chain, .. }) = self.kept.current() else { return Ok(None) };
        let chain = chain.certificates().to_vec();
        let certificate = match (key.expose_pkcs8(), key.name()) {
            (Some(pkcs8), _) => ClientCertificate::from_der(chain, pkcs8, Issuer::Authority),
            (None, Some(name)) => ClientCertificate::with_private_key(chain, self.keys.open(name)?, Issuer::Authority),
            (None, None) => return Ok(None),
        };
        Ok(Some(OperationalCertificate::new(certificate, leaf.not_before(), leaf.not_after())))
    }
}
