//! What is on the disk before the next step: the key with its request, and what was issued.

use super::{
    super::{Driver, DriverError, Event, next::random},
    keeper::Keeper,
    load::is_for_later,
};
use defender_auth::{
    UnixTime,
    credential::{CertificateRequest, IssuedChain},
    renewal::{Certificates, Pending, RequestId},
    session::{Action, Event as SessionEvent, OperationalCertificate, RequestFor},
    store::{Store, StoreError},
    x509::{Certificate, PrivateKey, judge},
};

const PUBLIC: &str = "certificate_public.pem";
const PRIVATE: &str = "certificate_private.pem";

/// What became of certificates that were issued.
enum Kept {
    Yes(OperationalCertificate),
    Refused,
    Not,
}

impl Driver {
    /// Makes the request that the session needs, or takes the pending one.
    pub(in crate::driver) fn make_request(&mut self) -> Result<(), DriverError> {
        let Action::MakeRequest(wanted) = self.session.poll() else { return Ok(()) };
        let common_name = wanted.common_name.clone();
        let time = self.session.clock().time(self.options.clock.now());
        let (keeper, mut events) = (&mut self.options.keeper, Vec::new());
        let requested = keeper
            .take_lock(self.options.store.as_ref(), time, &mut events)
            .and_then(|()| keeper.request(wanted, self.options.store.as_ref()));
        for event in events {
            self.report(event);
        }
        match requested {
            Ok(pending) => {
                self.report(Event::CertificateRequested { common_name });
                let Pending { request, rid, .. } = pending;
                self.tell(match pending.operation {
                    Some(operation) => SessionEvent::RequestPending(request, rid, operation),
                    None => SessionEvent::RequestMade(request, rid),
                })?;
                self.report_renewal();
                Ok(())
            }
            Err(failed) => {
                self.report(failed);
                self.tell(SessionEvent::RequestFailed)
            }
        }
    }

    /// Writes the operation of the registration that requests a certificate, as soon as the service has told it.
    pub(in crate::driver) fn keep_operation(&mut self) {
        let keeper = &mut self.options.keeper;
        if self.session.pending_operation().is_some_and(|operation| keeper.kept.sent_by(operation))
            && let Err(failed) = save(&keeper.kept, self.options.store.as_ref())
        {
            self.report(failed);
        }
    }

    /// Writes what was issued, and judges it.
    pub(in crate::driver) fn keep_certificate(&mut self) -> Result<(), DriverError> {
        let Action::KeepCertificate(chain) = self.session.poll() else { return Ok(()) };
        let chain = chain.clone();
        let time = self.session.clock().time(self.options.clock.now());
        let mut events = Vec::new();
        let kept = self.options.keeper.keep(chain, self.options.store.as_ref(), time, &mut events);
        for event in events {
            self.report(event);
        }
        self.tell(match kept {
            Kept::Yes(certificate) => SessionEvent::CertificateKept(certificate),
            Kept::Refused => SessionEvent::CertificateRefused,
            Kept::Not => SessionEvent::CertificateNotKept,
        })
    }
}

fn save(kept: &Certificates, store: Option<&Store>) -> Result<(), Event> {
    let store = store.ok_or(Event::CertificateNotKept { error: None })?;
    store.save_certificates(kept).map_err(|error| Event::CertificateNotKept { error: Some(error) })
}

impl Keeper {
    /// Sees to it that no other process requests certificates with this store, and reads what the last one has written.
    fn take_lock(&mut self, store: Option<&Store>, time: UnixTime, events: &mut Vec<Event>) -> Result<(), Event> {
        let Some(store) = store.filter(|_| self.lock.is_none()) else { return Ok(()) };
        self.load(store, time, events).map_err(|error| Event::NotRequested { reason: error.to_string() })
    }

    /// The request, which is on the disk with its key when this returns.
    fn request(&mut self, wanted: &RequestFor, store: Option<&Store>) -> Result<Pending, Event> {
        let pending = self
            .kept
            .pending()
            .filter(|pending| !wanted.is_new && pending.request.common_name() == Some(&wanted.common_name));
        if pending.is_some_and(|pending| pending.chain.is_some()) {
            let reason =
                "a certificate was issued, and is not valid yet by the clock of this device; set it, then restart";
            return Err(Event::NotRequested { reason: reason.into() });
        }
        if pending.is_none() {
            let made = self.keys.make().map_err(|error| Event::NotRequested { reason: error.to_string() })?;
            let request = CertificateRequest::sign(&wanted.common_name, &*made.key)
                .map_err(|error| Event::NotRequested { reason: error.to_string() })?;
            let entropy: [u32; 4] = std::array::from_fn(|_| random());
            let entropy = entropy.into_iter().fold(0, |all, part| all << 32 | u128::from(part));
            let rid = RequestId::from_entropy(entropy.to_be_bytes());
            let mut next = self.kept.clone();
            next.begin(made.record, request, rid);
            save(&next, store)?;
            self.kept = next;
        }
        self.kept.pending().cloned().ok_or(Event::CertificateNotKept { error: None })
    }

    fn keep(&mut self, chain: IssuedChain, store: Option<&Store>, time: UnixTime, events: &mut Vec<Event>) -> Kept {
        if !self.kept.issued(chain) {
            return Kept::Refused;
        }
        // Before anything else: the service does not repeat it.
        if let Err(failed) = save(&self.kept, store) {
            events.push(failed);
            return Kept::Not;
        }
        let Some((request, chain)) = self.kept.pending().and_then(|it| Some((&it.request, it.chain.as_ref()?))) else {
            return Kept::Refused;
        };
        let judged = judge(chain, request, self.root.as_ref(), time);
        let leaf = match judged {
            Ok(chain) => chain.certificates().first().cloned(),
            Err(error) => {
                let kept = if is_for_later(&error) { Kept::Not } else { Kept::Refused };
                events.push(Event::CertificateRefused { error });
                if matches!(kept, Kept::Refused) {
                    self.kept.discard();
                    events.extend(save(&self.kept, store).err());
                }
                return kept;
            }
        };
        // True: it has a chain.
        let _ = self.kept.accept();
        // If this fails, what was written before leads to the same at the next start.
        events.extend(save(&self.kept, store).err());
        events.extend(self.export());
        match leaf.as_ref().map(|leaf| (leaf.not_after(), self.operational(leaf))) {
            Some((not_after, Ok(Some(certificate)))) => {
                events.push(Event::CertificateKept { not_after });
                Kept::Yes(certificate)
            }
            Some((_, Err(error))) => {
                events.push(Event::NotSigned { error });
                Kept::Refused
            }
            _ => Kept::Refused,
        }
    }

    /// Writes the current certificate for other agents, with its key if that is in memory, unless that is there already.
    pub(super) fn export(&self) -> Option<Event> {
        let (folder, current) = (self.export.as_ref()?, self.kept.current()?);
        let read = |der: &Vec<u8>| Certificate::from_der(der).ok().map(|certificate| certificate.to_pem());
        let public: String = current.chain.certificates().iter().filter_map(read).collect();
        let private = current.key.expose_pkcs8().and_then(|der| PrivateKey::from_pkcs8(der).ok());
        let write = || -> Result<(), StoreError> {
            // The key first: a certificate is not without its key for long.
            if let Some(private) = private {
                put(folder, PRIVATE, private.to_pem().expose())?;
            }
            put(folder, PUBLIC, &public)
        };
        write().err().map(|error| Event::NotExported { error })
    }
}

/// Writes a file that is not there yet as it should be.
fn put(folder: &Store, name: &str, text: &str) -> Result<(), StoreError> {
    match folder.read(name) {
        Ok(Some((found, _))) if found.expose() == text => Ok(()),
        _ => folder.write(name, text),
    }
}
