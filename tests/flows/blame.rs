//! Where the fault of an error lies, and what it names.

use crate::{register, world::*};
use defender_auth::{
    ConnectionString, Error, UnixTime,
    error::{
        AccessError, AccessProblem, BlobProblem, Code, CommandCause, CommandError, ConfigError, EndpointError,
        ErrorKind, KeyFileError, ResponseCode, SigningKeyError, TpmError,
    },
    twin::Twin,
};
use std::iter::repeat_n;

#[test]
fn an_error_says_where_the_fault_lies() {
    let twin = Twin::parse(b"[]").unwrap_err();
    for (error, kind, words) in [
        (register([reply(200, "<html>")]), ErrorKind::Peer, "the service, or a proxy or firewall on the way"),
        (twin.into(), ErrorKind::Peer, "the service, or a proxy or firewall on the way"),
        (register(repeat_n(Reply::Silence, 7)), ErrorKind::Network, "the network path to the service"),
        (Error::NotSupported { what: "a TPM" }, ErrorKind::Library, "this build of the library"),
        (Error::TokenExpired { at: UnixTime::from_secs(1) }, ErrorKind::Time, "the time"),
    ] {
        assert_eq!((error.kind(), error.kind().to_string().as_str()), (kind, words), "{error}");
        assert_eq!(error.at("a file").kind(), kind, "wherever it was found");
    }
}

fn refused(cause: CommandCause) -> TpmError {
    CommandError { command: "HMAC", code: ResponseCode::new(0x9a2), cause }.into()
}

#[test]
fn not_every_error_of_a_tpm_is_the_tpms_fault() {
    for (error, kind) in [
        (TpmError::Blob { field: 1, problem: BlobProblem::Cut }, ErrorKind::Peer),
        (refused(CommandCause::Damaged), ErrorKind::Peer),
        (refused(CommandCause::OtherTpm), ErrorKind::Registry),
        (refused(CommandCause::NvSpace), ErrorKind::Tpm),
        (EndpointError::Bare.into(), ErrorKind::Input),
        (TpmError::PasswordTooLong { limit: 64 }, ErrorKind::Input),
        (KeyFileError::NoBlock.into(), ErrorKind::Input),
        (SigningKeyError::Restricted.into(), ErrorKind::Tpm),
        (TpmError::NoRegistrationKey, ErrorKind::Caller),
        (TpmError::Handle { handle: 1 }, ErrorKind::Caller),
        (TpmError::Answer { command: "HMAC" }, ErrorKind::Tpm),
    ] {
        assert_eq!(Error::from(error.clone()).kind(), kind, "{error}");
    }
}

#[test]
fn an_error_of_a_tpm_names_the_command_if_there_was_one() {
    let access = TpmError::from(AccessError { place: "/dev/tpmrm0".to_owned(), problem: AccessProblem::Closed });
    let lost = |error| TpmError::IdentityLost { error: Box::new(error) };
    for (error, command) in [
        (refused(CommandCause::NvSpace), Some("HMAC")),
        (TpmError::Answer { command: "Load" }, Some("Load")),
        (lost(TpmError::Answer { command: "Load" }), Some("Load")),
        (lost(access.clone()), None),
        (access, None),
    ] {
        assert_eq!(Error::from(error.clone()).field().as_deref(), command, "{error}");
    }
}

#[test]
fn an_error_names_the_setting_that_is_wrong() {
    let text = Error::from(ConnectionString::parse("HostName=h;DeviceId=a/b;x509=true").unwrap_err());
    assert_eq!((text.field().as_deref(), text.code()), (Some("DeviceId"), Code::Identifier));
    let setting = "Authentication.Identity";
    for error in [
        ConfigError::Missing { setting },
        ConfigError::Duplicate { setting },
        ConfigError::Value { setting, allowed: "`Device`" },
    ] {
        assert_eq!(Error::from(error).field().as_deref(), Some(setting));
    }
    assert_eq!(Error::from(ConfigError::NothingKnown).field(), None);
}

#[test]
fn a_twin_that_is_too_large_has_the_number_of_a_limit() {
    let large = Twin::parse(&vec![b' '; Twin::LIMIT + 1]).unwrap_err();
    assert_eq!(Error::from(large).code(), Code::ProtocolLimit);
    assert_eq!(Error::from(Twin::parse(b"[]").unwrap_err()).code(), Code::ProtocolMessage);
}
