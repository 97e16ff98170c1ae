//! The events that a round of an input stands for, and the names of events and actions.

use super::{certificates, sources::sources};
use crate::flow::{Round, START};
use core::time::Duration;
use defender_auth::{
    Event as Inner,
    error::{TlsFailure, Validity},
    key::Signature,
    mqtt::ConnectRefused,
    renewal,
    session::{Action, Event, Loss, Rejection},
};

pub(super) fn tls(number: u16) -> TlsFailure {
    let validity = Validity { clock: START.wall, not_before: Some(START.wall), not_after: Some(START.wall) };
    let reason = String::new();
    match number % 15 {
        0 => TlsFailure::ClientExpired { validity: None },
        1 => TlsFailure::ClientNotYetValid { validity },
        2 => TlsFailure::ClientRejected { alert: 42 },
        3 => TlsFailure::ClientKeyUnusable { reason },
        4 => TlsFailure::ServerUntrusted { issuer: None },
        5 => TlsFailure::Intercepted { issuer: None },
        6 => TlsFailure::ServerExpired(validity),
        7 => TlsFailure::ServerNotYetValid(validity),
        8 => TlsFailure::ServerWrongName { names: Vec::new() },
        9 => TlsFailure::ServerCertificate { reason },
        10 => TlsFailure::Incompatible { alert: None, reason },
        11 => TlsFailure::PlainText,
        12 => TlsFailure::ClientKeyBusy { reason },
        13 => TlsFailure::Alert { alert: 80 },
        _ => TlsFailure::Protocol { reason },
    }
}

fn rejection(status: u16) -> Rejection {
    match u8::try_from(status) {
        Ok(code @ 1..=5) => Rejection::Connack(ConnectRefused::from_code(code).expect("not 0")),
        Ok(code) => Rejection::Reason(code),
        Err(_) => Rejection::Http(status),
    }
}

/// Capital letters are for logins and requests over HTTPS, the others for certificates.
pub(super) fn event<'a>(
    round: &Round<'a>,
    pending: &str,
    tls: &'a TlsFailure,
    topic: &'a str,
    run: &super::Run,
) -> Event<'a> {
    let (date, signature) = (round.response.date(), Signature::from_bytes([7; 32]));
    let status = round.status;
    match round.event {
        b'A' => Event::Authenticator(Inner::Answered(round.response)),
        b'U' => Event::Authenticator(Inner::Unanswered),
        b'W' => Event::Authenticator(Inner::Elapsed),
        b'T' => Event::Authenticator(Inner::Activated),
        b'S' if pending == "Sign" => Event::Signed(signature),
        b'S' => Event::Authenticator(Inner::Signed(signature)),
        b'C' => Event::Connected { date },
        b'J' => {
            let retry_after = (status > 600).then(|| Duration::from_secs(u64::from(status)));
            Event::Rejected { rejection: rejection(status), retry_after, date }
        }
        b'L' => Event::TlsFailed(tls),
        b'N' => Event::Unreachable,
        b'D' if status.is_multiple_of(3) => Event::Disconnected(Loss::ByServer(rejection(status))),
        b'D' if status % 3 == 1 => Event::Disconnected(Loss::TokenExpired),
        b'D' => Event::Disconnected(Loss::Dropped),
        b'V' => Event::Saved,
        b'X' => Event::SaveFailed,
        b'F' => Event::SignFailed,
        b'O' => Event::Rotated(sources(run.kind ^ status.to_be_bytes()[1], run.certificates.current())),
        b'm' => Event::RequestMade(certificates::request(), certificates::id()),
        b'f' => Event::RequestFailed,
        b's' => Event::Renewal(renewal::Event::Subscribed),
        b'r' => Event::Renewal(renewal::Event::SubscriptionRefused),
        b'p' => Event::Renewal(renewal::Event::Published),
        b'e' => Event::Renewal(renewal::Event::Elapsed),
        b'g' => Event::Renewal(renewal::Event::Message { topic, payload: round.body }),
        b'k' => Event::CertificateKept(certificates::issued(run.now, u64::from(status))),
        b'x' => Event::CertificateRefused,
        b'n' => Event::CertificateNotKept,
        b'K' => Event::ClockSet,
        b'Y' => Event::Wake,
        _ => Event::Elapsed,
    }
}

pub(super) fn name(action: &Action<'_>) -> &'static str {
    match action {
        Action::Authenticate(_) => "Authenticate",
        Action::Sign(..) => "Sign",
        Action::Connect(_) => "Connect",
        Action::Renew(_) => "Renew",
        Action::Save(_) => "Save",
        Action::Wait(..) => "Wait",
        Action::Disconnect(_) => "Disconnect",
        Action::Stay(_) => "Stay",
        Action::MakeRequest(_) => "MakeRequest",
        Action::RenewCertificate(_) => "RenewCertificate",
        Action::KeepCertificate(_) => "KeepCertificate",
        other => panic!("{other:?}"),
    }
}

pub(super) fn event_name(event: &Event<'_>) -> &'static str {
    match event {
        Event::Authenticator(_) => "Authenticator",
        Event::Signed(_) => "Signed",
        Event::SignFailed => "SignFailed",
        Event::Connected { .. } => "Connected",
        Event::Rejected { .. } => "Rejected",
        Event::TlsFailed(_) => "TlsFailed",
        Event::Unreachable => "Unreachable",
        Event::Disconnected(_) => "Disconnected",
        Event::Elapsed => "Elapsed",
        Event::Saved => "Saved",
        Event::SaveFailed => "SaveFailed",
        Event::Rotated(_) => "Rotated",
        Event::ClockSet => "ClockSet",
        Event::Wake => "Wake",
        Event::RequestMade(..) => "RequestMade",
        Event::RequestFailed => "RequestFailed",
        Event::Renewal(_) => "Renewal",
        Event::CertificateKept(_) => "CertificateKept",
        Event::CertificateRefused => "CertificateRefused",
        Event::CertificateNotKept => "CertificateNotKept",
        other => panic!("{other:?}"),
    }
}
