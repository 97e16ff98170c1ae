//! Builds without the built-in driver or without TPMs have the functions all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(not(all(feature = "https", feature = "tpm")))]
mod support;

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
