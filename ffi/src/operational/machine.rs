//! The library's certificates and renewals behind the C interface.

use super::{
    code,
    given::Given,
    usable::{Unanswered, Usable},
    views::{Kept, Pending},
};
use crate::{
    certificate::Certificate,
    code::{DEFENDERAUTH_CERTIFICATE_ABSENT, DEFENDERAUTH_SNAPSHOT, DEFENDERAUTH_STATE},
    error::Error,
    failure::Failure,
    misuse,
    view::View,
};
use defender_auth::{
    Error as LibraryError, Now, Outcome, UnixTime,
    credential::{CertificateRequest, ClientCertificate, IssuedChain, Issuer},
    http::OperationId,
    identity::DeviceId,
    outcome::Issuance,
    private_key::MemoryKey,
    renewal::{Action, Certificates, Current, Due, Event, RecordedKey, Renewal, RequestId, certificate_report},
    secret::SecretText,
    store::{CertificatesLock, Store},
    x509::{self, Curve, PrivateKey, judge},
};
use std::{path::Path, time::Duration};

#[expect(clippy::unnecessary_wraps, reason = "a build without them returns an error")]
pub(crate) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// Keeps other processes from requesting certificates with a folder.
pub(super) struct Lock(#[expect(dead_code, reason = "it is held")] CertificatesLock);

impl Lock {
    pub(super) fn of(folder: &Path) -> Result<Self, Failure> {
        Ok(Self(Store::open(folder)?.lock_certificates()?))
    }
}

/// What a device keeps.
#[derive(Clone)]
pub(super) struct Record(Certificates);

impl Record {
    #[expect(clippy::unnecessary_wraps, reason = "a build without them returns an error")]
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self(Certificates::default()))
    }

    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let parsed = Certificates::parse(text);
        parsed.map(Self).map_err(|error| Failure::new(DEFENDERAUTH_SNAPSHOT, error.to_string()).field("text"))
    }

    /// Of a folder; nothing when it has none.
    pub(super) fn load(folder: &Path) -> Result<Self, Failure> {
        let kept = Store::open(folder)?.load_certificates()?;
        Ok(Self(kept.map(|(certificates, _)| certificates).unwrap_or_default()))
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), Failure> {
        Ok(Store::open(folder)?.save_certificates(&self.0)?)
    }

    pub(super) fn text(&self) -> SecretText {
        self.0.text()
    }

    pub(super) fn begin(&mut self, name: &str, curve: i32) -> Result<(), Failure> {
        let key = PrivateKey::generate(self::curve(curve)?)?;
        let request = CertificateRequest::sign(name, &MemoryKey::new(&key)?)?;
        self.requested(RecordedKey::pkcs8(key.expose_pkcs8()), request);
        Ok(())
    }

    pub(super) fn begin_elsewhere(&mut self, key_name: &str, request: &[u8]) -> Result<(), Failure> {
        if key_name.is_empty() {
            return Err(Failure::argument("key_name", "it is empty; pass a name by which you find the key again"));
        }
        let request =
            CertificateRequest::from_der(request).map_err(|error| Failure::argument("request", error.to_string()))?;
        self.requested(RecordedKey::elsewhere(key_name), request);
        Ok(())
    }

    /// The ID of the request is the last bytes of its public key, which cannot be predicted and which no other request has.
    fn requested(&mut self, key: RecordedKey, request: CertificateRequest) {
        let entropy = request.public_key().last_chunk().copied().unwrap_or_default();
        self.0.begin(key, request, RequestId::from_entropy(entropy));
    }

    /// Notes the operation of the registration that the request was sent by. `false` when it is noted already.
    pub(super) fn sent_by(&mut self, operation: &OperationId) -> Result<bool, Failure> {
        self.0.pending().ok_or_else(nothing_pending)?;
        Ok(self.0.sent_by(operation))
    }

    /// Takes what a registration has got.
    pub(super) fn take_registration(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        match outcome.registration_state().map(|state| &state.issuance) {
            Some(Issuance::Issued(chain)) => self.issued(chain.clone()),
            Some(Issuance::Unreadable(error)) => Err(LibraryError::from(*error).into()),
            _ => {
                let message = "the device is assigned, and no certificate was issued; request one, and add a policy that \
                               issues certificates to the enrollment";
                Err(Failure::new(DEFENDERAUTH_CERTIFICATE_ABSENT, message).field("authenticator"))
            }
        }
    }

    pub(super) fn take_renewal(&mut self, renewal: &Machine) -> Result<(), Failure> {
        match renewal.0.poll() {
            Action::Done(chain) => self.issued(chain.clone()),
            _ => Err(state("renewal", "it is not DONE; poll it, perform the pending action, and report the result")),
        }
    }

    pub(super) fn issued(&mut self, chain: IssuedChain) -> Result<(), Failure> {
        if self.0.issued(chain) { Ok(()) } else { Err(nothing_pending()) }
    }

    pub(super) fn unanswered(&self) -> Result<Unanswered<'_>, Failure> {
        let pending = self.0.pending().ok_or_else(nothing_pending)?;
        match pending.chain {
            None => Ok((&pending.request, &pending.rid, pending.operation.as_ref())),
            Some(_) => {
                Err(state("certificates", "certificates have come for the pending request; accept or discard them"))
            }
        }
    }

    pub(super) fn usable(&self) -> Option<Usable> {
        let current = self.0.current()?;
        let leaf = leaf(current)?;
        Some(Usable {
            certificate: certificate(current),
            common_name: leaf.common_name().map(ToOwned::to_owned),
            validity: (leaf.not_before(), leaf.not_after()),
        })
    }

    /// Judges what was issued. When it is refused nothing has changed.
    pub(super) fn accept(&mut self, root: &str, now: UnixTime) -> Result<(), Failure> {
        let pending = self.0.pending().ok_or_else(nothing_pending)?;
        let issued = pending
            .chain
            .as_ref()
            .ok_or_else(|| state("certificates", "no certificate has come yet; register with the request, or renew"))?;
        let root = self::root("root_pem", root)?;
        judge(issued, &pending.request, root.as_ref(), now).map_err(LibraryError::from)?;
        // There is one, as was seen.
        let _ = self.0.accept();
        Ok(())
    }

    pub(super) fn discard(&mut self) {
        self.0.discard();
    }

    pub(super) fn retire(&mut self) {
        self.0.retire();
    }

    pub(super) fn views(&self) -> Kept {
        let current = self.0.current();
        let leaf = current.and_then(leaf);
        let validity = leaf.as_ref().map(|leaf| (leaf.not_before(), leaf.not_after()));
        let due = validity.map(|(from, to)| Due::of(from, to));
        let pending = self.0.pending();
        Kept {
            current: current.map(certificate).map(Certificate::from),
            key_name: current.and_then(|current| current.key.name()).map(View::new).unwrap_or_default(),
            report: validity.map(|(from, to)| View::new(&certificate_report(from, to))).unwrap_or_default(),
            due: due.map(|due| (due.earliest.as_secs(), due.latest.as_secs())).unwrap_or_default(),
            request: pending.map(|pending| pending.request.as_der().to_vec()).unwrap_or_default(),
            request_name: pending.and_then(|pending| pending.request.common_name()).map(View::new).unwrap_or_default(),
            request_id: pending.map(|pending| View::new(pending.rid.as_str())).unwrap_or_default(),
            operation: pending
                .and_then(|it| it.operation.as_ref())
                .map(|it| View::new(it.as_str()))
                .unwrap_or_default(),
            is_issued: pending.is_some_and(|pending| pending.chain.is_some()),
        }
    }
}

/// A curve by its number.
pub(crate) fn curve(curve: i32) -> Result<Curve, Failure> {
    match curve {
        code::DEFENDERAUTH_CURVE_P384 => Ok(Curve::P384),
        code::DEFENDERAUTH_CURVE_P256 => Ok(Curve::P256),
        _ => Err(Failure::argument("curve", "it is none of DEFENDERAUTH_CURVE_; pass one of these")),
    }
}

/// The root certificate in a text, unless that is empty.
pub(crate) fn root(parameter: &'static str, pem: &str) -> Result<Option<x509::Certificate>, Failure> {
    if pem.is_empty() {
        return Ok(None);
    }
    let roots = x509::Chain::from_pem(pem.as_bytes()).map_err(|error| Failure::from(error).field(parameter))?;
    Ok(roots.certificates().first().cloned())
}

fn leaf(current: &Current) -> Option<x509::Certificate> {
    current.chain.certificates().first().and_then(|der| x509::Certificate::from_der(der).ok())
}

fn certificate(current: &Current) -> ClientCertificate {
    let chain = current.chain.certificates().to_vec();
    match current.key.expose_pkcs8() {
        Some(key) => ClientCertificate::from_der(chain, key, Issuer::Authority),
        None => ClientCertificate::with_key_elsewhere(chain, Issuer::Authority),
    }
}

/// A renewal.
pub(super) struct Machine(Renewal);

impl Machine {
    /// Of the pending request.
    pub(super) fn new(record: &Record, device: &DeviceId, now: Now, limit: Duration) -> Result<Self, Failure> {
        let pending = record.0.pending().ok_or_else(nothing_pending)?;
        Ok(Self(Renewal::start(device, pending.request.clone(), pending.rid.clone(), now, limit)))
    }

    pub(super) fn handle(&mut self, now: Now, given: Given<'_>) -> Result<(), Failure> {
        let event = match given {
            Given::Subscribed => Event::Subscribed,
            Given::SubscriptionRefused => Event::SubscriptionRefused,
            Given::Published => Event::Published,
            Given::Message { topic, payload } => Event::Message { topic, payload },
            Given::Elapsed => Event::Elapsed,
            Given::Disconnected => Event::Dropped,
        };
        let handled = self.0.handle(now, event);
        handled.map_err(|_| misuse::of_renewal(number(self.0.poll())).is_not_answered("renewal"))
    }

    pub(super) fn views(&self) -> Pending {
        Pending { is_accepted: self.0.accepted().is_some(), ..views(self.0.poll()) }
    }
}

/// The constant of an action.
pub(crate) const fn number(action: Action<'_>) -> i32 {
    match action {
        Action::Subscribe(_) => code::DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE,
        Action::Publish { .. } => code::DEFENDERAUTH_RENEWAL_ACTION_PUBLISH,
        Action::Listen { .. } => code::DEFENDERAUTH_RENEWAL_ACTION_LISTEN,
        Action::Wait(_) => code::DEFENDERAUTH_RENEWAL_ACTION_WAIT,
        Action::Done(_) => code::DEFENDERAUTH_RENEWAL_ACTION_DONE,
        Action::Failed(_) => code::DEFENDERAUTH_RENEWAL_ACTION_FAILED,
        // An action that this interface does not know.
        _ => code::DEFENDERAUTH_RENEWAL_ACTION_NONE,
    }
}

/// What can be read of an action.
pub(super) fn views(action: Action<'_>) -> Pending {
    let views = Pending { action: number(action), ..Pending::default() };
    match action {
        Action::Subscribe(filter) => Pending { topic: View::new(filter), ..views },
        Action::Publish { topic, body } => {
            Pending { topic: View::new(topic), payload: body.as_bytes().to_vec(), ..views }
        }
        Action::Listen { until } => Pending { until: milliseconds(until), ..views },
        Action::Wait(wait) => Pending { wait: (milliseconds(wait.at_least), milliseconds(wait.at_most)), ..views },
        Action::Failed(error) => Pending { failure: Some(Error::new(&Failure::from(error))), ..views },
        _ => views,
    }
}

fn nothing_pending() -> Failure {
    state("certificates", "no request is pending; begin one with `defenderauth_certificates_begin`, and save it")
}

fn state(field: &'static str, message: &'static str) -> Failure {
    Failure::new(DEFENDERAUTH_STATE, message).field(field)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
