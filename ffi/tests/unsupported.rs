//! Builds that lack something have its functions all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(not(all(feature = "agent", feature = "x509")))]
mod support;

#[cfg(not(feature = "x509"))]
#[test]
fn certificates() {
    use defenderauth::{certificate::*, *};
    use support::{made, text};
    let (chain, len) = text("-----BEGIN CERTIFICATE-----");
    let (key, key_len) = text("");
    let failed = made(|out, error| defenderauth_certificate_from_pem(chain, len, key, key_len, Some(out), Some(error)));
    assert_eq!(failed.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
    let failed = made(|out, error| {
        defenderauth_certificate_from_pem_with_passphrase(
            chain,
            len,
            key,
            key_len,
            key,
            key_len,
            Some(out),
            Some(error),
        )
    });
    assert_eq!(failed.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
}

#[cfg(not(feature = "agent"))]
#[test]
fn agents_configurations() {
    use defenderauth::{agent_config::*, *};
    use support::{made, text};
    let (path, len) = text(".");
    let failed = made(|out, error| defenderauth_agent_config_load(path, len, Some(out), Some(error)));
    assert_eq!(failed.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
    let failed =
        made(|out, error| defenderauth_agent_config_load_with_passphrase(path, len, path, len, Some(out), Some(error)));
    assert_eq!(failed.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
}
