//! Events as numbers, texts and failures.

use crate::{
    driver::{code, views::Views},
    error::Error,
    failure::Failure,
    view::View,
};
use defender_auth::{Error as LibraryError, identity::Identity};
use defender_auth_mqtt::driver::Event;

/// Who has connected, if that is what has happened, and the views.
pub(super) fn read(event: Event) -> (Option<Identity>, Views) {
    let mut views = Views { text: View::line(&event.to_string()), ..Views::default() };
    let (number, failure) = match &event {
        Event::Connected { .. } => (code::DEFENDERAUTH_EVENT_CONNECTED, None),
        Event::Renewed { .. } => (code::DEFENDERAUTH_EVENT_RENEWED, None),
        Event::NotConnected { error, .. } => (code::DEFENDERAUTH_EVENT_NOT_CONNECTED, Some(Failure::from(error))),
        Event::Lost { error } => (code::DEFENDERAUTH_EVENT_LOST, Some(Failure::from(error))),
        Event::Disconnected { .. } => (code::DEFENDERAUTH_EVENT_DISCONNECTED, None),
        Event::Dropped { .. } => (code::DEFENDERAUTH_EVENT_DROPPED, None),
        Event::Registering { .. } => (code::DEFENDERAUTH_EVENT_REGISTERING, None),
        Event::Assigned { .. } => (code::DEFENDERAUTH_EVENT_ASSIGNED, None),
        Event::NotAnswered { error } => (code::DEFENDERAUTH_EVENT_NOT_ANSWERED, Some(Failure::from(error))),
        Event::NotAssigned { .. } => (code::DEFENDERAUTH_EVENT_NOT_ASSIGNED, None),
        Event::NotSigned { error } => (code::DEFENDERAUTH_EVENT_NOT_SIGNED, Some(Failure::from(error))),
        Event::Waiting { .. } => (code::DEFENDERAUTH_EVENT_WAITING, None),
        Event::Saved => (code::DEFENDERAUTH_EVENT_SAVED, None),
        Event::NotSaved { error } => (code::DEFENDERAUTH_EVENT_NOT_SAVED, Some(Failure::from(error))),
        Event::NotLoaded { error } => (code::DEFENDERAUTH_EVENT_NOT_LOADED, Some(Failure::from(error))),
        Event::Exposed(_) => (code::DEFENDERAUTH_EVENT_EXPOSED, None),
        Event::ClockSet { .. } => (code::DEFENDERAUTH_EVENT_CLOCK_SET, None),
        Event::Rotated => (code::DEFENDERAUTH_EVENT_ROTATED, None),
        Event::NotSubscribed { .. } => (code::DEFENDERAUTH_EVENT_NOT_SUBSCRIBED, None),
        Event::Message(_) => (code::DEFENDERAUTH_EVENT_MESSAGE, None),
        Event::CertificateRequested { .. } => (code::DEFENDERAUTH_EVENT_CERTIFICATE_REQUESTED, None),
        Event::NotRequested { .. } => (code::DEFENDERAUTH_EVENT_NOT_REQUESTED, None),
        Event::RenewingCertificate => (code::DEFENDERAUTH_EVENT_RENEWING_CERTIFICATE, None),
        Event::CertificateKept { .. } => (code::DEFENDERAUTH_EVENT_CERTIFICATE_KEPT, None),
        Event::CertificateRefused { error } => {
            let error = LibraryError::from(error.clone());
            (code::DEFENDERAUTH_EVENT_CERTIFICATE_REFUSED, Some(Failure::from(&error)))
        }
        Event::CertificateNotKept { error } => {
            (code::DEFENDERAUTH_EVENT_CERTIFICATE_NOT_KEPT, error.as_ref().map(Failure::from))
        }
        Event::NotExported { error } => (code::DEFENDERAUTH_EVENT_NOT_EXPORTED, Some(Failure::from(error))),
        Event::NotCertified { .. } => (code::DEFENDERAUTH_EVENT_NOT_CERTIFIED, None),
        // An event that this interface does not know.
        _ => (code::DEFENDERAUTH_EVENT_OTHER, None),
    };
    views.event = number;
    views.error = failure.as_ref().map(Error::new);
    let mut identity = None;
    match event {
        Event::Disconnected { why }
        | Event::Dropped { why, .. }
        | Event::NotAssigned { why }
        | Event::NotCertified { why }
        | Event::Waiting { why, .. } => {
            views.diagnosis = why.as_i32();
        }
        Event::Connected { identity: it, .. } | Event::Renewed { identity: it, .. } => identity = Some(it),
        Event::Message(message) => {
            views.topic = View::new(&message.topic);
            views.payload = message.payload;
        }
        _ => {}
    }
    (identity, views)
}
