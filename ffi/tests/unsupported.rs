//! Builds that lack something have its functions all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(not(feature = "full"))]
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

#[cfg(not(feature = "https"))]
#[test]
fn the_driver() {
    use defenderauth::{https::*, version::defenderauth_features, *};
    use support::{call, made, text};
    let (path, len) = text("x");
    let new = made(|out, error| defenderauth_https_new(Some(out), Some(error)));
    for outcome in [
        new.map(|_| ()),
        call(|error| defenderauth_https_set_ca_file(None, path, len, Some(error))),
        call(|error| defenderauth_https_set_ca_pem(None, path, len, Some(error))),
        call(|error| defenderauth_https_set_azure_roots(None, Some(error))),
        call(|error| defenderauth_https_set_connect_to(None, path, len, Some(error))),
        call(|error| defenderauth_https_set_clock_offset_seconds(None, 0, Some(error))),
        call(|error| defenderauth_authenticator_run(None, None, None, 1, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    defenderauth_https_cancel(None);
    defenderauth_https_free(None);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_HTTPS, 0);
}

#[cfg(not(feature = "tpm"))]
#[test]
fn tpms() {
    use defenderauth::{tpm::*, version::defenderauth_features, *};
    use std::ptr::{null, null_mut};
    use support::{call, made, text};
    let (endpoint, len) = text("device:");
    let open = made(|out, error| defenderauth_tpm_open(endpoint, len, Some(out), Some(error)));
    for outcome in [
        open.map(|_| ()),
        call(|error| defenderauth_tpm_set_identity_handle(None, 0x8100_0101, Some(error))),
        call(|error| defenderauth_tpm_set_owner_password(None, null(), 0, Some(error))),
        call(|error| defenderauth_tpm_set_endorsement_password(None, null(), 0, Some(error))),
        call(|error| defenderauth_tpm_persist_keys(None, Some(error))),
        call(|error| defenderauth_tpm_endorsement_key(None, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_tpm_storage_root_key(None, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_tpm_registration_id(None, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_tpm_activate(None, 1, null(), 0, Some(error))),
        call(|error| defenderauth_tpm_sign(None, 1, null(), 0, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_tpm_sas_token(None, None, 0, 1, null_mut(), 0, None, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    defenderauth_tpm_free(None);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_TPM, 0);
}

#[cfg(not(feature = "flows"))]
#[test]
fn authenticators() {
    use defenderauth::{authenticator::*, connection_string::*, profile::*, version::defenderauth_features, *};
    use support::{call, made, text};
    let (string, len) = text("HostName=h.net;DeviceId=d;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==");
    let string =
        made(|out, error| defenderauth_connection_string_parse(string, len, Some(out), Some(error))).ok().unwrap();
    let failed =
        made(|out, error| defenderauth_authenticator_new_module(Some(&string), None, None, 0, Some(out), Some(error)));
    assert_eq!(failed.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
    let ((scope, scope_len), (id, id_len), (json, json_len)) = (text("0ne000A1B2C"), text("dev-01"), text("{}"));
    let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
    let mut profile = profile.ok().unwrap();
    let failed = call(|error| defenderauth_profile_set_payload(Some(&mut profile), json, json_len, Some(error)));
    assert_eq!(failed.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_FLOWS, 0);
}
