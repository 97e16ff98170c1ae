//! How an error is shown: on one line by `Display` and plain `Debug`, in full by `{:#?}`, and what its sources are.

use crate::every_error;
use defender_auth::{
    ConnectionString, Error, SharedAccessKey,
    error::{ConfigError, TlsError, TpmError},
    identity::DeviceId,
    sas::SasToken,
};
use std::{error::Error as _, fmt::Debug};

#[test]
fn plain_debug_is_the_text_and_the_number() {
    for (error, number) in every_error() {
        assert_eq!(format!("{error:?}"), format!("\"{error}\" ({number})"));
        let at = error.at("agent.json");
        assert_eq!(format!("{at:?}"), format!("\"{at}\" ({number})"));
    }
}

/// `main` prints `Debug` of what it returns.
#[test]
fn a_boxed_error_is_shown_by_its_text() {
    fn shown(error: impl std::error::Error + 'static) -> String {
        let boxed: Box<dyn std::error::Error> = Box::new(error);
        format!("{boxed:?}")
    }
    let id = DeviceId::new("a/b").unwrap_err();
    assert_eq!(shown(id), format!("\"{id}\" (202)"));
    let key = SharedAccessKey::from_base64("").unwrap_err();
    assert_eq!(shown(key), format!("\"{key}\" (303)"));
    let token = SasToken::parse("x").unwrap_err();
    assert_eq!(shown(token), format!("\"{token}\" (203)"));
    let string = ConnectionString::parse("HostName=h").unwrap_err();
    assert_eq!(shown(string), format!("\"{string}\" (201)"));
    assert_eq!(shown(TlsError::NoPlatformRoots), format!("\"{}\" (650)", TlsError::NoPlatformRoots));
    let handle = TpmError::Handle { handle: 1 };
    assert_eq!(shown(handle.clone()), format!("\"{handle}\" (105)"));
}

#[test]
fn alternate_debug_adds_the_type() {
    fn full(value: &impl Debug) -> String {
        format!("{value:#?}").split_whitespace().collect::<Vec<_>>().join(" ")
    }
    let setting = ConfigError::Missing { setting: "Authentication.Identity" };
    assert_eq!(full(&setting), format!("ConfigError {{ text: {setting}, code: 204, }}"));
    let placed = Error::from(setting).at("agent.json");
    assert_eq!(full(&placed), format!("Error {{ text: {placed}, code: 204, }}"));
    let id = DeviceId::new("a/b").unwrap_err();
    assert_eq!(full(&id), format!("IdentifierError {{ text: {id}, code: 202, }}"));
}

#[test]
fn the_source_of_a_place_is_the_error_found_there() {
    let error = Error::from(ConfigError::NothingKnown).at("agent.json");
    let source = error.source().unwrap();
    assert_eq!(source.downcast_ref::<Error>(), Some(&ConfigError::NothingKnown.into()));
    assert!(error.to_string().ends_with(&source.to_string()), "one line says everything");
    let twice = error.clone().at("/etc/agent");
    assert_eq!(twice.source().unwrap().downcast_ref(), Some(&error));
    assert!(Error::OutOfTime.source().is_none());
}

#[test]
fn the_source_of_a_value_is_what_is_wrong_with_it() {
    let of = |text: &str| Error::from(ConnectionString::parse(text).unwrap_err());
    let key = of("HostName=h;DeviceId=d;SharedAccessKey=!");
    assert_eq!(key.source().unwrap().downcast_ref(), SharedAccessKey::from_base64("!").err().as_ref());
    let token = of("HostName=h;DeviceId=d;SharedAccessSignature=x");
    assert_eq!(token.source().unwrap().downcast_ref(), SasToken::parse("x").err().as_ref());
    let id = of("HostName=h;DeviceId=a/b;x509=true");
    assert_eq!(id.source().unwrap().downcast_ref(), DeviceId::new("a/b").err().as_ref());
}

#[test]
fn the_source_of_a_lost_identity_is_why_it_was_lost() {
    let error = TpmError::Answer { command: "Load" };
    let lost = Error::from(TpmError::IdentityLost { error: Box::new(error.clone()) });
    assert_eq!(lost.source().unwrap().downcast_ref(), Some(&Box::new(error)));
}
