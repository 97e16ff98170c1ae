//! Events as numbers, texts and failures.

use crate::{
    driver::{
        code::{
            DEFENDERAUTH_EVENT_ASSIGNED, DEFENDERAUTH_EVENT_CLOCK_SET, DEFENDERAUTH_EVENT_CONNECTED,
            DEFENDERAUTH_EVENT_DISCONNECTED, DEFENDERAUTH_EVENT_DROPPED, DEFENDERAUTH_EVENT_EXPOSED,
            DEFENDERAUTH_EVENT_LOST, DEFENDERAUTH_EVENT_MESSAGE, DEFENDERAUTH_EVENT_NOT_ANSWERED,
            DEFENDERAUTH_EVENT_NOT_ASSIGNED, DEFENDERAUTH_EVENT_NOT_CONNECTED, DEFENDERAUTH_EVENT_NOT_LOADED,
            DEFENDERAUTH_EVENT_NOT_SAVED, DEFENDERAUTH_EVENT_NOT_SIGNED, DEFENDERAUTH_EVENT_NOT_SUBSCRIBED,
            DEFENDERAUTH_EVENT_OTHER, DEFENDERAUTH_EVENT_REGISTERING, DEFENDERAUTH_EVENT_RENEWED,
            DEFENDERAUTH_EVENT_ROTATED, DEFENDERAUTH_EVENT_SAVED, DEFENDERAUTH_EVENT_WAITING,
        },
        views::Views,
    },
    error::Error,
    failure::Failure,
    view::View,
};
use defender_auth::identity::Identity;
use defender_auth_mqtt::driver::Event;

/// Who has connected, if that is what has happened, and the views.
pub(super) fn read(event: Event) -> (Option<Identity>, Views) {
    let mut views = Views { text: View::line(&event.to_string()), ..Views::default() };
    let (number, failure) = match &event {
        Event::Connected { .. } => (DEFENDERAUTH_EVENT_CONNECTED, None),
        Event::Renewed { .. } => (DEFENDERAUTH_EVENT_RENEWED, None),
        Event::NotConnected { error, .. } => (DEFENDERAUTH_EVENT_NOT_CONNECTED, Some(Failure::from(error))),
        Event::Lost { error } => (DEFENDERAUTH_EVENT_LOST, Some(Failure::from(error))),
        Event::Disconnected { .. } => (DEFENDERAUTH_EVENT_DISCONNECTED, None),
        Event::Dropped { .. } => (DEFENDERAUTH_EVENT_DROPPED, None),
        Event::Registering { .. } => (DEFENDERAUTH_EVENT_REGISTERING, None),
        Event::Assigned { .. } => (DEFENDERAUTH_EVENT_ASSIGNED, None),
        Event::NotAnswered { error } => (DEFENDERAUTH_EVENT_NOT_ANSWERED, Some(Failure::from(error))),
        Event::NotAssigned { .. } => (DEFENDERAUTH_EVENT_NOT_ASSIGNED, None),
        Event::NotSigned { error } => (DEFENDERAUTH_EVENT_NOT_SIGNED, Some(Failure::from(error))),
        Event::Waiting { .. } => (DEFENDERAUTH_EVENT_WAITING, None),
        Event::Saved => (DEFENDERAUTH_EVENT_SAVED, None),
        Event::NotSaved { error } => (DEFENDERAUTH_EVENT_NOT_SAVED, Some(Failure::from(error))),
        Event::NotLoaded { error } => (DEFENDERAUTH_EVENT_NOT_LOADED, Some(Failure::from(error))),
        Event::Exposed(_) => (DEFENDERAUTH_EVENT_EXPOSED, None),
        Event::ClockSet { .. } => (DEFENDERAUTH_EVENT_CLOCK_SET, None),
        Event::Rotated => (DEFENDERAUTH_EVENT_ROTATED, None),
        Event::NotSubscribed { .. } => (DEFENDERAUTH_EVENT_NOT_SUBSCRIBED, None),
        Event::Message(_) => (DEFENDERAUTH_EVENT_MESSAGE, None),
        // An event that this interface does not know.
        _ => (DEFENDERAUTH_EVENT_OTHER, None),
    };
    views.event = number;
    views.error = failure.as_ref().map(Error::new);
    let mut identity = None;
    match event {
        Event::Disconnected { why }
        | Event::Dropped { why, .. }
        | Event::NotAssigned { why }
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
