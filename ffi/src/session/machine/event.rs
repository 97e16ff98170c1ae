//! The library's events, made of what C reports.

use super::{look::number, values::none_of};
#[cfg(feature = "operational")]
use crate::operational;
use crate::{
    authenticator,
    failure::Failure,
    misuse,
    operational::Usable,
    session::{code, given::Given},
    tls_failure,
};
use alloc::string::String;
use defender_auth::{
    Error, Now,
    authenticator::Event as RunEvent,
    credential::CertificateRequest,
    error::{AccessError, AccessProblem, TpmError},
    mqtt::ConnectRefused,
    renewal,
    session::{Action, Event, Loss, Rejection, Session},
};

/// Passes an event on. One that does not match the pending action changes nothing.
pub(super) fn handle(session: &mut Session, now: Now, given: Given<'_>) -> Result<(), Failure> {
    let is_running = matches!(session.poll(), Action::Authenticate(_));
    let is_renewing = matches!(session.poll(), Action::RenewCertificate(_));
    let event = match given {
        Given::Response(response) => Event::Authenticator(RunEvent::Answered(response)),
        Given::NotReached(obstacle) => Event::Authenticator(RunEvent::NotReached(obstacle)),
        Given::Certificate(certificate) => Event::Authenticator(RunEvent::Opened(certificate)),
        Given::NoResponse => Event::Authenticator(RunEvent::Unanswered),
        Given::Activated => Event::Authenticator(RunEvent::Activated),
        Given::Elapsed if is_running => Event::Authenticator(RunEvent::Elapsed),
        Given::Elapsed if is_renewing => Event::Renewal(renewal::Event::Elapsed),
        Given::Elapsed => Event::Elapsed,
        Given::Signature(signature) if is_running => Event::Authenticator(RunEvent::Signed(signature)),
        Given::Signature(signature) => Event::Signed(signature),
        Given::KeyFailed if is_running => {
            let error = Error::from(no_key());
            return pass(session, now, Event::Authenticator(RunEvent::TpmFailed(&error)));
        }
        Given::KeyFailed => Event::SignFailed,
        Given::Connected { date } => Event::Connected { date },
        Given::Rejected { rejection, code, retry_after, date } => {
            Event::Rejected { rejection: self::rejection(rejection, code)?, retry_after, date }
        }
        Given::TlsFailed { tls_failure, date } => {
            let failure = tls_failure::given(tls_failure, now.wall, date);
            let failure = failure.ok_or_else(|| none_of("tls_failure", "DEFENDERAUTH_TLS_FAILURE_"))?;
            return pass(session, now, Event::TlsFailed(&failure));
        }
        Given::Unreachable => Event::Unreachable,
        Given::Disconnected { loss: code::DEFENDERAUTH_LOSS_DROPPED } => Event::Disconnected(Loss::Dropped),
        Given::Disconnected { loss: code::DEFENDERAUTH_LOSS_TOKEN_EXPIRED } => Event::Disconnected(Loss::TokenExpired),
        Given::Disconnected { .. } => return Err(none_of("loss", "DEFENDERAUTH_LOSS_")),
        Given::DisconnectedByServer { rejection, code } => {
            Event::Disconnected(Loss::ByServer(self::rejection(rejection, code)?))
        }
        Given::Saved(true) => Event::Saved,
        Given::Saved(false) => Event::SaveFailed,
        Given::RequestMade((request, rid, operation)) => {
            is_wanted(session, request)?;
            let (request, rid) = (request.clone(), rid.clone());
            match operation.cloned() {
                Some(operation) => Event::RequestPending(request, rid, operation),
                None => Event::RequestMade(request, rid),
            }
        }
        Given::RequestFailed => Event::RequestFailed,
        Given::Subscribed => Event::Renewal(renewal::Event::Subscribed),
        Given::SubscriptionRefused => Event::Renewal(renewal::Event::SubscriptionRefused),
        Given::Published => Event::Renewal(renewal::Event::Published),
        Given::Message { topic, payload } => Event::Renewal(renewal::Event::Message { topic, payload }),
        Given::CertificateKept(usable) => {
            is_issued(session, &usable)?;
            Event::CertificateKept(usable.operational())
        }
        Given::CertificateRefused => Event::CertificateRefused,
        Given::CertificateNotKept => Event::CertificateNotKept,
        Given::ClockSet => Event::ClockSet,
        Given::Wake => Event::Wake,
    };
    pass(session, now, event)
}

/// Passes on an event of the library.
pub(super) fn pass(session: &mut Session, now: Now, event: Event<'_>) -> Result<(), Failure> {
    let handled = session.handle(now, event);
    handled.map_err(|_| pending(session.poll()).is_not_answered("session"))
}

/// What is pending, of the run or the renewal within if there is one.
const fn pending(action: Action<'_>) -> misuse::Pending {
    match action {
        Action::Authenticate(action) => misuse::of_run(authenticator::number(action)),
        #[cfg(feature = "operational")]
        Action::RenewCertificate(action) => misuse::of_renewal(operational::number(action)),
        action => misuse::of_session(number(action)),
    }
}

/// Whether a request is for the common name that the session needs one for, if it needs one.
fn is_wanted(session: &Session, request: &CertificateRequest) -> Result<(), Failure> {
    match session.poll() {
        Action::MakeRequest(wanted) if request.common_name() != Some(&wanted.common_name) => {
            let message = "the pending request is for another common name; begin one for `_request_common_name`";
            Err(Failure::argument("certificates", message))
        }
        _ => Ok(()),
    }
}

/// Whether a certificate is the one that is to be kept, if one is.
fn is_issued(session: &Session, usable: &Usable) -> Result<(), Failure> {
    match session.poll() {
        Action::KeepCertificate(chain) if chain.certificates() != usable.certificate.chain() => {
            let message = "the certificate in use is not the one that was issued; call \
                           `defenderauth_certificates_take_session` and `_accept` first";
            Err(Failure::argument("certificates", message))
        }
        _ => Ok(()),
    }
}

/// What a number of that kind rejects a connection with.
fn rejection(kind: i32, code: u16) -> Result<Rejection, Failure> {
    let byte = |least: u8| u8::try_from(code).ok().filter(|code| *code >= least);
    let rejection = match kind {
        code::DEFENDERAUTH_REJECTION_CONNACK => byte(1).and_then(ConnectRefused::from_code).map(Rejection::Connack),
        // The lower ones are successes.
        code::DEFENDERAUTH_REJECTION_REASON => byte(0x80).map(Rejection::Reason),
        code::DEFENDERAUTH_REJECTION_HTTP => (300..=599).contains(&code).then_some(Rejection::Http(code)),
        _ => return Err(none_of("rejection", "DEFENDERAUTH_REJECTION_")),
    };
    let message = "it rejects nothing; pass a return code from 1, a reason code from 0x80, or a status from 300 to 599";
    rejection.ok_or_else(|| Failure::argument("code", message))
}

/// The holder of a key is the caller's: what is wrong with it is not known here.
const fn no_key() -> TpmError {
    TpmError::Access(AccessError { place: String::new(), problem: AccessProblem::NotFound })
}
