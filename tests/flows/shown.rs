//! How an error is shown: on one line by `Display` and plain `Debug`, in full by `{:#?}`, and what its sources are.

use crate::every_error;
use defender_auth::{
    Error,
    error::{ConfigError, TpmError},
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

#[test]
fn alternate_debug_is_the_derived_form() {
    fn full(value: &impl Debug) -> String {
        format!("{value:#?}").split_whitespace().collect::<Vec<_>>().join(" ")
    }
    let setting = ConfigError::Missing { setting: "Authentication.Identity" };
    assert_eq!(full(&setting), "Missing { setting: \"Authentication.Identity\", }");
    assert_eq!(
        full(&Error::from(setting).at("agent.json")),
        "Context( Context { place: \"agent.json\", error: Config( Missing { setting: \"Authentication.Identity\", }, ), }, )"
    );
    assert_eq!(full(&Error::OutOfTime), "OutOfTime");
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
fn the_source_of_a_lost_identity_is_why_it_was_lost() {
    let error = TpmError::Answer { command: "Load" };
    let lost = Error::from(TpmError::IdentityLost { error: Box::new(error.clone()) });
    assert_eq!(lost.source().unwrap().downcast_ref(), Some(&Box::new(error)));
}
