//! What can be read of a session.

#[cfg(feature = "operational")]
use crate::operational::Renewal;
use crate::{
    authenticator::Authenticator,
    certificate::Certificate,
    code::{DEFENDERAUTH_KEY_USE_HUB, DEFENDERAUTH_KEY_USE_REGISTRATION},
    identity::Names,
    options::Chosen,
    session::{
        code,
        views::{Login, Request, Status, Views},
    },
    view::View,
};
use alloc::string::ToString;
use core::time::Duration;
use defender_auth::{
    Password, UnixTime,
    authenticator::Action as RunAction,
    identity::Identity,
    key::KeyUse,
    mqtt::events_topic,
    session::{self, Action, Diagnosis, Due, Phase, Session, Window},
};

/// The views; those of the latest login remain until there is another.
pub(super) fn views(session: &Session, chosen: &Chosen, former: Views) -> Views {
    let action = session.poll();
    let mut views = Views {
        action: number(action),
        assigned: session.assigned().map(|outcome| Authenticator::shown(RunAction::Done(outcome), chosen)),
        login: former.login,
        status: status(&session.status()),
        ..Views::default()
    };
    match action {
        Action::Authenticate(action) => {
            views.authenticator = Some(Authenticator::shown(action, chosen));
            let operation = session.pending_operation();
            views.operation = operation.map(|operation| View::new(operation.as_str())).unwrap_or_default();
        }
        Action::Sign(key_use, string) => {
            views.sign_input = string.as_bytes().into();
            views.key_use = match key_use {
                KeyUse::Registration => DEFENDERAUTH_KEY_USE_REGISTRATION,
                KeyUse::Hub => DEFENDERAUTH_KEY_USE_HUB,
            };
        }
        Action::Connect(login) | Action::Renew(login) => views.login = self::login(login, chosen),
        Action::Save(snapshot) => views.snapshot = View::new(&snapshot.text()),
        Action::Wait(window, why) => (views.window, views.why) = (Some(span(window)), why.as_i32()),
        Action::Disconnect(why) => views.why = why.as_i32(),
        Action::MakeRequest(wanted) => {
            views.request = Request {
                source: View::new(&wanted.source),
                common_name: View::new(&wanted.common_name),
                is_new: wanted.is_new,
            };
        }
        #[cfg(feature = "operational")]
        Action::RenewCertificate(action) => views.renewal = Some(Renewal::shown(action)),
        Action::Stay(Some((window, due))) => {
            views.window = Some(span(window));
            views.due = match due {
                Due::Renewal => code::DEFENDERAUTH_DUE_RENEWAL,
                Due::Return => code::DEFENDERAUTH_DUE_RETURN,
                Due::Certificate => code::DEFENDERAUTH_DUE_CERTIFICATE,
            };
        }
        _ => {}
    }
    views
}

/// The views of a session that a driver runs. Its logins are over when they are looked at: only the names remain.
#[cfg(feature = "mqtt")]
pub(in crate::session) fn shown(session: &Session, identity: Option<&Identity>, former: Views) -> Views {
    let chosen = Chosen::default();
    let views = views(session, &chosen, former);
    match identity {
        Some(identity) => Views { login: names(identity, false, &chosen), ..views },
        None => views,
    }
}

pub(super) const fn number(action: Action<'_>) -> i32 {
    match action {
        Action::Authenticate(_) => code::DEFENDERAUTH_SESSION_ACTION_AUTHENTICATE,
        Action::Sign(..) => code::DEFENDERAUTH_SESSION_ACTION_SIGN,
        Action::Connect(_) => code::DEFENDERAUTH_SESSION_ACTION_CONNECT,
        Action::Renew(_) => code::DEFENDERAUTH_SESSION_ACTION_RENEW,
        Action::Save(_) => code::DEFENDERAUTH_SESSION_ACTION_SAVE,
        Action::Wait(..) => code::DEFENDERAUTH_SESSION_ACTION_WAIT,
        Action::Disconnect(_) => code::DEFENDERAUTH_SESSION_ACTION_DISCONNECT,
        Action::Stay(_) => code::DEFENDERAUTH_SESSION_ACTION_STAY,
        Action::MakeRequest(_) => code::DEFENDERAUTH_SESSION_ACTION_MAKE_REQUEST,
        Action::RenewCertificate(_) => code::DEFENDERAUTH_SESSION_ACTION_RENEW_CERTIFICATE,
        Action::KeepCertificate(_) => code::DEFENDERAUTH_SESSION_ACTION_KEEP_CERTIFICATE,
        // An action that this interface does not know.
        _ => code::DEFENDERAUTH_SESSION_ACTION_NONE,
    }
}

fn login(login: &session::Login, chosen: &Chosen) -> Login {
    let certificate = match &login.password {
        Password::Certificate(certificate) => Some(Certificate::from(certificate.clone())),
        _ => None,
    };
    let names = names(&chosen.identity(login.identity.clone()), login.renews_certificate(), chosen);
    let profile = View::new(login.profile.as_str());
    Login { certificate, deadline: milliseconds(login.deadline), profile, ..names }
}

fn names(identity: &Identity, renews: bool, chosen: &Chosen) -> Login {
    let connect = chosen.login_of(identity, renews);
    Login {
        names: Names::of(identity),
        mqtt_host: View::of(&connect.host),
        client_id: View::new(&connect.client_id),
        user_name: View::new(&connect.user_name),
        events_topic: View::new(&events_topic(identity)),
        ..Login::default()
    }
}

fn status(status: &session::Status<'_>) -> Status {
    let number = |why: Option<Diagnosis>| why.map_or(0, Diagnosis::as_i32);
    let counters = status.counters;
    Status {
        line: View::line(&status.to_string()),
        phase: match status.phase {
            Phase::Authenticating => code::DEFENDERAUTH_PHASE_AUTHENTICATING,
            Phase::Signing => code::DEFENDERAUTH_PHASE_SIGNING,
            Phase::Connecting => code::DEFENDERAUTH_PHASE_CONNECTING,
            Phase::Renewing => code::DEFENDERAUTH_PHASE_RENEWING,
            Phase::Saving => code::DEFENDERAUTH_PHASE_SAVING,
            Phase::Waiting => code::DEFENDERAUTH_PHASE_WAITING,
            Phase::Disconnecting => code::DEFENDERAUTH_PHASE_DISCONNECTING,
            Phase::Connected => code::DEFENDERAUTH_PHASE_CONNECTED,
            // A phase that this interface does not know.
            _ => 0,
        },
        credential: status.credential.map(View::line).unwrap_or_default(),
        dropped: status.dropped.map(|it| View::line(it.credential)).unwrap_or_default(),
        dropped_why: number(status.dropped.map(|it| it.why)),
        dropped_at: status.dropped.map_or(0, |it| it.at.as_secs()),
        last: number(status.failure),
        authenticator: number(status.authenticator_failure),
        certificate: number(status.certificate_failure),
        failures: status.failures_in_a_row,
        is_unsaved: status.is_unsaved,
        certificate_ends: status.certificate_ends.map_or(0, UnixTime::as_secs),
        connects: counters.connects,
        renewals: counters.renewals,
        registrations: counters.registrations,
        requests: counters.requests,
        certificates: counters.certificates,
    }
}

fn span(window: Window) -> (u64, u64) {
    (milliseconds(window.from), milliseconds(window.until))
}

/// Rounded up: an event that comes a fraction of a millisecond early is none.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
