//! Operational certificates and their renewals: `G` to `J`. No file is read or written.

use crate::{
    call::Call,
    held::Held,
    memory::{bytes, call, made, text, written},
};
use defenderauth::{
    Certificates, DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_NULL, DEFENDERAUTH_OK, DEFENDERAUTH_STATE, DEFENDERAUTH_UTF8,
    Renewal,
    operational::{code::*, *},
    profile::defenderauth_profile_set_certificate_request,
};

impl Held {
    pub(crate) fn with_certificates(&mut self, it: &Call<'_>) {
        match it.function {
            b'G' => self.keep(it),
            b'H' => self.change(it),
            b'I' => {
                let ((device, len), kept) = (it.text(0), it.pick(&self.kept));
                let (limit, wall, monotonic) = (it.number(1), it.number(2), it.number(3));
                self.renewals.extend(made(it.wants_error(), |out, error| {
                    defenderauth_renewal_new(kept, device, len, limit, wall, monotonic, out, error)
                }));
            }
            _ => {
                event(it.pick_mut(&mut self.renewals), it);
                look(it.pick(&self.renewals));
            }
        }
    }

    /// What can be read is written in the same way again.
    fn keep(&mut self, it: &Call<'_>) {
        let (saved, len) = it.text(0);
        let kept = made(it.wants_error(), |out, error| match it.bytes(0) {
            b"" => defenderauth_certificates_new(out, error),
            _ => defenderauth_certificates_parse(saved, len, out, error),
        });
        if let Some(kept) = &kept {
            let written = rewritten(kept, it);
            let again = made(true, |out, error| {
                defenderauth_certificates_parse(written.as_ptr().cast(), written.len(), out, error)
            });
            let again = again.expect("what was written can be read");
            assert_eq!(rewritten(&again, it), written);
            defenderauth_certificates_free(Some(again));
            kept_is_sound(Some(kept));
        }
        self.kept.extend(kept);
    }

    fn change(&mut self, it: &Call<'_>) {
        let ((words, len), (more, more_len), number) = (it.text(1), it.text(2), it.number(2));
        let (authenticator, renewal) = (it.pick(&self.authenticators), self.renewals.last().map(|it| &**it));
        let curve = i32::try_from(number).unwrap_or(-1);
        let kept = it.pick_mut(&mut self.kept);
        let is_there = kept.is_some();
        let code = call(it.wants_error(), |error| match it.bytes(0).first() {
            Some(b'b') => defenderauth_certificates_begin(kept, words, len, curve, error),
            Some(b'e') => defenderauth_certificates_begin_elsewhere(kept, words, len, more.cast(), more_len, error),
            Some(b'a') => defenderauth_certificates_accept(kept, words, len, number, error),
            Some(b't') => defenderauth_certificates_take_registration(kept, authenticator, error),
            Some(b'w') => defenderauth_certificates_take_renewal(kept, renewal, error),
            Some(b'r') => defenderauth_certificates_retire(kept, error),
            _ => defenderauth_certificates_discard(kept, error),
        });
        assert!(is_there || code != DEFENDERAUTH_OK);
        let kept = it.pick(&self.kept);
        kept_is_sound(kept);
        let request = bytes(defenderauth_certificates_request(kept));
        let profile = self.profiles.last_mut().map(|it| &mut **it);
        let is_there = profile.is_some();
        let code = call(true, |error| {
            defenderauth_profile_set_certificate_request(profile, request.as_ptr(), request.len(), error)
        });
        assert_eq!(code, if is_there { DEFENDERAUTH_OK } else { DEFENDERAUTH_NULL });
    }
}

fn rewritten(kept: &Certificates, it: &Call<'_>) -> Vec<u8> {
    let text = written(it.cap(), true, &|buf, cap, len, error| {
        defenderauth_certificates_text(Some(kept), buf.cast(), cap, len, error)
    });
    text.expect("what is kept has a text")
}

fn kept_is_sound(it: Option<&Certificates>) {
    let is_pending = !bytes(defenderauth_certificates_request(it)).is_empty();
    assert_eq!(!text(defenderauth_certificates_request_id(it)).is_empty(), is_pending);
    assert!(is_pending || !defenderauth_certificates_is_issued(it));
    let current = defenderauth_certificates_current(it);
    let (from, until) = (defenderauth_certificates_due_from(it), defenderauth_certificates_due_until(it));
    assert!(from <= until && (current.is_some() || until == 0));
    assert!(current.is_some() || text(defenderauth_certificates_twin_report(it)).is_empty());
    assert!(current.is_some() || text(defenderauth_certificates_key_name(it)).is_empty());
}

/// An event that does not answer the action changes nothing.
fn event(it: Option<&mut Renewal>, given: &Call<'_>) {
    let action = defenderauth_renewal_poll(it.as_deref());
    let is_there = it.is_some();
    let ((topic, topic_len), (payload, payload_len)) = (given.text(1), given.text(2));
    let (wall, at) = (given.number(3), given.number(4));
    let kind = given.bytes(0).first();
    let code = call(given.wants_error(), |error| match kind {
        Some(b's') => defenderauth_renewal_handle_subscribed(it, wall, at, error),
        Some(b'f') => defenderauth_renewal_handle_subscription_refused(it, wall, at, error),
        Some(b'p') => defenderauth_renewal_handle_published(it, wall, at, error),
        Some(b'm') => {
            defenderauth_renewal_handle_message(it, wall, at, topic, topic_len, payload.cast(), payload_len, error)
        }
        Some(b'e') => defenderauth_renewal_handle_elapsed(it, wall, at, error),
        _ => defenderauth_renewal_handle_disconnected(it, wall, at, error),
    });
    let fits = match kind {
        Some(b's' | b'f') => action == DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE,
        Some(b'p') => action == DEFENDERAUTH_RENEWAL_ACTION_PUBLISH,
        Some(b'e') => [DEFENDERAUTH_RENEWAL_ACTION_LISTEN, DEFENDERAUTH_RENEWAL_ACTION_WAIT].contains(&action),
        _ => true,
    };
    let wrong = [DEFENDERAUTH_ARGUMENT, DEFENDERAUTH_NULL, DEFENDERAUTH_UTF8];
    match (is_there, fits) {
        (false, _) => assert_eq!(code, DEFENDERAUTH_NULL),
        (true, true) => assert!(code == DEFENDERAUTH_OK || wrong.contains(&code), "{code}"),
        (true, false) => assert!(code == DEFENDERAUTH_STATE || wrong.contains(&code), "{code}"),
    }
}

/// The data of the pending action is present; everything else is empty, 0 or NULL.
fn look(it: Option<&Renewal>) {
    let action = defenderauth_renewal_poll(it);
    let is = |actions: &[i32]| actions.contains(&action);
    let publishes = is(&[DEFENDERAUTH_RENEWAL_ACTION_PUBLISH]);
    let has_topic = publishes || is(&[DEFENDERAUTH_RENEWAL_ACTION_SUBSCRIBE]);
    assert_eq!(!text(defenderauth_renewal_topic(it)).is_empty(), has_topic);
    assert_eq!(!bytes(defenderauth_renewal_payload(it)).is_empty(), publishes);
    let (least, most) =
        (defenderauth_renewal_wait_at_least_milliseconds(it), defenderauth_renewal_wait_at_most_milliseconds(it));
    assert!(least <= most && (most == 0 || is(&[DEFENDERAUTH_RENEWAL_ACTION_WAIT])));
    assert!(defenderauth_renewal_until_milliseconds(it) == 0 || is(&[DEFENDERAUTH_RENEWAL_ACTION_LISTEN]));
    assert_eq!(defenderauth_renewal_failure(it).is_some(), is(&[DEFENDERAUTH_RENEWAL_ACTION_FAILED]));
    let _ = defenderauth_renewal_is_accepted(it);
}
