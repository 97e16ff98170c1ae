//! What is reported, as events of the crate `tracing`.

use super::Event;

/// A message is only its topic and length.
pub(super) fn event(event: &Event) {
    match event {
        Event::Message(_) | Event::Saved => tracing::debug!(target: "defender_auth", "{event}"),
        Event::NotConnected { .. }
        | Event::Lost { .. }
        | Event::Dropped { .. }
        | Event::NotAnswered { .. }
        | Event::NotAssigned { .. }
        | Event::NotSigned { .. }
        | Event::NotSaved { .. }
        | Event::NotLoaded { .. }
        | Event::NotRequested { .. }
        | Event::CertificateRefused { .. }
        | Event::CertificateNotKept { .. }
        | Event::NotExported { .. }
        | Event::NotCertified { .. }
        | Event::Exposed(_)
        | Event::NotSubscribed { .. } => tracing::warn!(target: "defender_auth", "{event}"),
        _ => tracing::info!(target: "defender_auth", "{event}"),
    }
}
