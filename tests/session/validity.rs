//! What can be known of a credential without a connection: the dates of a certificate, the expiry of a given token.

use crate::{agents::*, world::*};
use defender_auth::{UnixTime, credential::Credential, sas::SasToken, session::*};

/// What a session does first with a credential of that validity, and with a key after it.
fn first(source: Source, at: u64) -> Option<Diagnosis> {
    let mut world = World::new();
    world.off = at.cast_signed() - world.real().cast_signed();
    let session = world.session(vec![source, known("key", key(1))]);
    let skipped = session.status().credential == Some("key");
    assert!(matches!(session.poll(), Action::Connect(_)));
    assert_eq!(session.status().dropped.is_some(), skipped);
    session.status().dropped.map(|it| it.why)
}

#[test]
fn a_certificate_is_tried_from_its_first_second_to_its_last() {
    let (from, until) = (REAL + 1000, REAL + 2000);
    let source =
        || known("certificate", certificate(1)).with_validity(UnixTime::from_secs(from), UnixTime::from_secs(until));
    for (at, why) in [
        (from - 1, Some(Diagnosis::ClientNotYetValid)),
        (from, None),
        (until, None),
        (until + 1, Some(Diagnosis::ClientExpired)),
    ] {
        assert_eq!(first(source(), at), why, "{at}");
    }
}

#[test]
fn the_dates_of_a_certificate_are_none_of_a_key() {
    let source = known("other", key(2)).with_validity(UnixTime::from_secs(1), UnixTime::from_secs(2));
    assert_eq!(first(source, REAL), None);
}

#[test]
fn a_given_token_is_tried_until_it_expires_and_never_renewed() {
    let expires = UnixTime::from_secs(REAL + 1000);
    let outcome = known("keys", key(9)).plan().outcome().unwrap().clone();
    let token: SasToken = outcome.password(expires).into_token().unwrap();
    for (at, why) in [(REAL, None), (REAL + 999, None), (REAL + 1000, Some(Diagnosis::TokenExpired))] {
        assert_eq!(first(known("token", Credential::Token(token.clone())), at), why, "{at}");
    }
    let (_, session) = connected(vec![known("token", Credential::Token(token))]);
    assert!(matches!(session.poll(), Action::Stay(None)));
}

#[test]
fn a_certificate_s_last_second_is_shown_while_it_is_in_use() {
    let last = UnixTime::from_secs(REAL + 5000);
    let (_, session) =
        connected(vec![known("certificate", certificate(1)).with_validity(UnixTime::from_secs(REAL), last)]);
    assert_eq!(session.status().certificate_ends, Some(last));
}
