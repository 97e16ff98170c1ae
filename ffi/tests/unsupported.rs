//! A build without a feature still has its functions.

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

#[cfg(not(feature = "x509"))]
#[test]
fn certificates_in_other_formats() {
    use defenderauth::{certificate::*, *};
    use std::ptr::null;
    use support::made;
    let of_der = made(|out, error| {
        defenderauth_certificate_from_der([0].as_ptr(), 1, null(), 0, null(), 0, Some(out), Some(error))
    });
    let of_pkcs12 =
        made(|out, error| defenderauth_certificate_from_pkcs12([0].as_ptr(), 1, null(), 0, Some(out), Some(error)));
    for failed in [of_der, of_pkcs12] {
        assert_eq!(failed.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
    }
}

#[cfg(not(feature = "x509"))]
#[test]
fn enrollment_groups() {
    use defenderauth::{certificate::*, enrollment_groups::*, *};
    use support::{call, made, read, text};
    let (name, len) = text("plant");
    let new = made(|out, error| defenderauth_enrollment_groups_new(Some(out), Some(error))).map(drop);
    let add = call(|error| defenderauth_enrollment_groups_add(None, name, len, None, Some(error)));
    for outcome in [new, add] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    assert_eq!(read(defenderauth_enrollment_groups_find(None, None, 0)), "");
    let verified = call(|error| defenderauth_certificate_verify(None, None, 0, Some(error)));
    assert_eq!(verified.unwrap_err().code, DEFENDERAUTH_NULL);
    defenderauth_enrollment_groups_free(None);
}

/// Every build has the logins of every kind of credential.
#[cfg(not(feature = "flows"))]
#[test]
fn logins_of_identities_that_need_no_request() {
    use defenderauth::{authenticator::*, connection_string::*, key::*, sas::*, token::*, *};
    use std::ptr::null;
    use support::{made, read, text, written};
    let ((host, host_len), (device, device_len), (module, module_len)) = (text("h.net"), text("d"), text("m"));
    let string = |text: &str| {
        let (text, len) = support::text(text);
        made(|out, error| defenderauth_connection_string_parse(text, len, Some(out), Some(error))).unwrap()
    };
    let (base64, len) = text("AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=");
    let key = made(|out, error| defenderauth_key_from_base64(base64, len, Some(out), Some(error))).unwrap();
    let (resource, resource_len) = text("h.net/devices/d/modules/m");
    let (token, _) = written(512, |buf, cap, len, error| {
        let (key, len, error) = (Some(&*key), Some(len), Some(error));
        defenderauth_sas_token(key, resource, resource_len, null(), 0, 1_800_000_000, buf, cap, len, error)
    });
    let token = token.unwrap();
    let (text, len) = text(&token);
    let token = made(|out, error| defenderauth_token_parse(text, len, Some(out), Some(error))).unwrap();
    let of_string = |given: &str| {
        let string = string(given);
        made(|out, error| {
            defenderauth_authenticator_new_module(Some(&string), None, None, 1_700_000_000, Some(out), Some(error))
        })
    };
    let elsewhere = made(|out, error| {
        let (out, error) = (Some(out), Some(error));
        defenderauth_authenticator_new_module_tpm(
            host,
            host_len,
            device,
            device_len,
            module,
            module_len,
            None,
            1_700_000_000,
            out,
            error,
        )
    });
    let ready = made(|out, error| {
        let (token, out, error) = (Some(&*token), Some(out), Some(error));
        defenderauth_authenticator_new_module_token(
            host,
            host_len,
            device,
            device_len,
            module,
            module_len,
            token,
            None,
            1_700_000_000,
            out,
            error,
        )
    });
    let key =
        of_string("HostName=h.net;DeviceId=d;ModuleId=m;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=");
    let certificate = of_string("HostName=h.net;DeviceId=d;ModuleId=m;x509=true");
    for (kind, made) in [
        (DEFENDERAUTH_CREDENTIAL_KEY, key),
        (DEFENDERAUTH_CREDENTIAL_KEY, ready),
        (DEFENDERAUTH_CREDENTIAL_CERTIFICATE, certificate),
        (DEFENDERAUTH_CREDENTIAL_TPM, elsewhere),
    ] {
        let it = made.unwrap();
        let it = Some(&*it);
        assert_eq!(defenderauth_authenticator_poll(it), DEFENDERAUTH_ACTION_DONE);
        assert_eq!(defenderauth_authenticator_credential(it), kind);
        assert_eq!(read(defenderauth_authenticator_mqtt_client_id(it)), "d/m");
        assert!(read(defenderauth_authenticator_mqtt_user_name(it)).starts_with("h.net/d/m/?api-version="));
        assert_eq!(read(defenderauth_authenticator_events_topic(it)), "devices/d/modules/m/messages/events/");
    }
}

#[cfg(not(feature = "private-key"))]
#[test]
fn private_keys() {
    use defenderauth::{
        certificate::*, certificate_request::*, opener::*, private_key::*, version::defenderauth_features, *,
    };
    use std::{
        ffi::c_void,
        ptr::{null, null_mut},
        sync::atomic::{AtomicUsize, Ordering},
    };
    use support::{call, made, text};
    extern "C" fn release(user_data: *mut c_void) {
        // SAFETY: the test passes its own counter.
        unsafe { &*user_data.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
    }
    let ((pem, len), releases) = (text("-----BEGIN PUBLIC KEY-----"), AtomicUsize::new(0));
    let of_function = made(|out, error| {
        let (data, release) = ((&raw const releases).cast_mut().cast(), Some(release as extern "C" fn(_)));
        defenderauth_private_key_from_callback(pem, len, null(), 0, None, release, data, Some(out), Some(error))
    });
    assert_eq!(releases.into_inner(), 1);
    let in_memory = made(|out, error| defenderauth_private_key_from_pem(pem, len, pem, 0, Some(out), Some(error)));
    let by_name = made(|out, error| defenderauth_private_key_open(pem, len, pem, 0, Some(out), Some(error)));
    let with_uri =
        made(|out, error| defenderauth_certificate_with_key_uri(pem, len, pem, len, pem, 0, Some(out), Some(error)));
    let with_key = made(|out, error| defenderauth_certificate_with_private_key(pem, len, None, Some(out), Some(error)));
    let request = made(|out, error| defenderauth_certificate_request_new(None, pem, 3, Some(out), Some(error)));
    let keys = [of_function.map(drop), in_memory.map(drop), by_name.map(drop)];
    for outcome in keys.into_iter().chain([with_uri.map(drop), with_key.map(drop), request.map(drop)]) {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    let none = call(|error| defenderauth_certificate_request_to_der(None, null_mut(), 0, None, Some(error)));
    assert_eq!(none.unwrap_err().code, DEFENDERAUTH_NULL);
    let opener = made(|out, error| defenderauth_opener_new(Some(out), Some(error))).map(drop);
    let set = call(|error| defenderauth_opener_set_passphrase(None, pem, len, Some(error)));
    let without_opener = made(|out, error| defenderauth_private_key_open_with(None, pem, len, Some(out), Some(error)));
    for outcome in [opener, set, without_opener.map(drop)] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    defenderauth_opener_free(None);
    defenderauth_private_key_free(None);
    defenderauth_certificate_request_free(None);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_PRIVATE_KEY, 0);
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

#[cfg(not(feature = "mqtt"))]
#[test]
fn drivers_of_sessions() {
    use defenderauth::{driver::*, version::defenderauth_features, *};
    use std::ptr::null;
    use support::{call, made, text};
    let (name, len) = text("a");
    for outcome in [
        made(|out, error| defenderauth_driver_new(Some(out), Some(error))).map(|_| ()),
        made(|out, error| defenderauth_driver_control(None, Some(out), Some(error))).map(|_| ()),
        call(|error| defenderauth_driver_set_ca_file(None, name, len, Some(error))),
        call(|error| defenderauth_driver_set_ca_pem(None, name, len, Some(error))),
        call(|error| defenderauth_driver_set_azure_roots(None, Some(error))),
        call(|error| defenderauth_driver_set_addresses(None, name, len, name, len, name, len, Some(error))),
        call(|error| defenderauth_driver_set_folder(None, name, len, Some(error))),
        call(|error| defenderauth_driver_set_keep_alive_seconds(None, 60, Some(error))),
        call(|error| defenderauth_driver_set_certificate_curve(None, 1, Some(error))),
        call(|error| defenderauth_driver_set_certificate_root_pem(None, name, len, Some(error))),
        call(|error| defenderauth_driver_set_export_folder(None, name, len, Some(error))),
        call(|error| defenderauth_driver_start(None, None, None, Some(error))),
        call(|error| defenderauth_driver_next(None, 1, Some(error))),
        call(|error| defenderauth_driver_publish(None, name, len, null(), 0, 1, Some(error))),
        call(|error| defenderauth_driver_subscribe(None, name, len, 1, Some(error))),
        call(|error| defenderauth_driver_unsubscribe(None, name, len, Some(error))),
        call(|error| defenderauth_control_rotate(None, None, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    defenderauth_control_cancel(None);
    defenderauth_control_free(None);
    defenderauth_driver_free(None);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_MQTT, 0);
}

#[cfg(not(feature = "session"))]
#[test]
fn sessions() {
    use defenderauth::{diagnosis::*, session::*, version::defenderauth_features, *};
    use std::ptr::{null, null_mut};
    use support::{call, fixed, made, text};
    let (name, len) = text("a");
    let session = made(|out, error| {
        defenderauth_session_new(None, None, None, null(), 0, null(), 0, 0, 0, Some(out), Some(error))
    });
    for outcome in [
        session.map(|_| ()),
        made(|out, error| defenderauth_sources_new(Some(out), Some(error))).map(|_| ()),
        made(|out, error| defenderauth_policy_new(Some(out), Some(error))).map(|_| ()),
        call(|error| defenderauth_sources_add(None, name, len, None, Some(error))),
        call(|error| defenderauth_sources_set_validity(None, 1, 2, Some(error))),
        call(|error| defenderauth_policy_set_seconds(None, 1, 1, Some(error))),
        call(|error| defenderauth_policy_set_renewal_percent(None, 80, 85, Some(error))),
        call(|error| defenderauth_policy_set_backoff(None, 1, 1, 1, 1, Some(error))),
        call(|error| defenderauth_policy_set_rate(None, 1, 1, 1, Some(error))),
        call(|error| defenderauth_policy_set_limit(None, 1, 1, Some(error))),
        call(|error| defenderauth_policy_set_floor(None, 1, Some(error))),
        call(|error| defenderauth_session_password(None, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_session_snapshot_secret(None, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_session_handle_connected(None, 0, 0, 0, Some(error))),
        call(|error| defenderauth_session_handle_rotated(None, 0, 0, None, Some(error))),
        call(|error| defenderauth_session_handle_subscribed(None, 0, 0, Some(error))),
        call(|error| defenderauth_session_handle_certificate_refused(None, 0, 0, Some(error))),
        call(|error| defenderauth_sources_request_certificates(None, None, Some(error))),
        call(|error| defenderauth_session_exchange(None, None, 0, 0, 1, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    assert_eq!(defenderauth_session_poll(None), DEFENDERAUTH_SESSION_ACTION_NONE);
    assert_eq!(fixed(defenderauth_diagnosis_word(901)), "unknown");
    defenderauth_session_free(None);
    defenderauth_sources_free(None);
    defenderauth_policy_free(None);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_SESSION, 0);
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
        call(|error| defenderauth_tpm_set_endorsement_handle(None, 0x8101_0002, Some(error))),
        call(|error| defenderauth_tpm_set_storage_handle(None, 0x8100_0002, Some(error))),
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
mod without_flows {
    use crate::support::{Failed, call, made, read, text, written};
    use defenderauth::{authenticator::*, connection_string::*, key::*, profile::*, version::defenderauth_features, *};
    use std::ptr::null;

    const KEY: &str = "AwoRGB8mLTQ7QklQV15lbA==";
    const NOW: u64 = 1_700_000_000;

    fn key() -> Key {
        let (key, len) = text(KEY);
        *made(|out, error| defenderauth_key_from_base64(key, len, Some(out), Some(error))).unwrap()
    }

    fn of_string(string: &str) -> Result<Box<Authenticator>, Failed> {
        let (string, len) = text(string);
        let string = made(|out, error| defenderauth_connection_string_parse(string, len, Some(out), Some(error)));
        let string = string.unwrap();
        made(|out, error| defenderauth_authenticator_new_module(Some(&string), None, None, NOW, Some(out), Some(error)))
    }

    fn of_key(module: &str) -> Result<Box<Authenticator>, Failed> {
        let ((host, host_len), (id, id_len), (module, len), key) = (text("h.net"), text("d"), text(module), key());
        made(|out, error| {
            let (key, out, error) = (Some(&key), Some(out), Some(error));
            defenderauth_authenticator_new_device_key(
                host, host_len, id, id_len, module, len, key, None, NOW, out, error,
            )
        })
    }

    fn of_tpm(module: &str) -> Result<Box<Authenticator>, Failed> {
        let ((host, host_len), (id, id_len), (module, len)) = (text("h.net"), text("d"), text(module));
        made(|out, error| {
            let (out, error) = (Some(out), Some(error));
            defenderauth_authenticator_new_device_tpm(host, host_len, id, id_len, module, len, None, NOW, out, error)
        })
    }

    /// Host name, client identifier and the beginning of the user name.
    fn login(auth: &Authenticator) -> [String; 3] {
        let auth = Some(auth);
        let user_name = read(defenderauth_authenticator_mqtt_user_name(auth));
        [
            read(defenderauth_authenticator_mqtt_host_name(auth)),
            read(defenderauth_authenticator_mqtt_client_id(auth)),
            user_name.split('?').next().unwrap().to_owned(),
        ]
    }

    fn token(auth: &Authenticator) -> Result<String, Failed> {
        let (token, _) = written(512, |buf, cap, len, error| {
            defenderauth_authenticator_sas_token(Some(auth), NOW, 60, buf, cap, Some(len), Some(error))
        });
        token
    }

    #[test]
    fn a_module_key_has_its_login_and_its_token() {
        let auth = of_string(&format!("HostName=h.net;DeviceId=d;ModuleId=m;SharedAccessKey={KEY}")).unwrap();
        assert_eq!(defenderauth_authenticator_poll(Some(&auth)), DEFENDERAUTH_ACTION_DONE);
        assert_eq!(defenderauth_authenticator_credential(Some(&auth)), DEFENDERAUTH_CREDENTIAL_KEY);
        assert_eq!(login(&auth), ["h.net", "d/m", "h.net/d/m/"]);
        let token = token(&auth).unwrap();
        assert!(token.starts_with("SharedAccessSignature sr=h.net%2Fdevices%2Fd%2Fmodules%2Fm&sig="), "{token}");
        assert!(token.ends_with(&format!("&se={}", NOW + 60)), "{token}");
        assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_FLOWS, 0);
    }

    #[test]
    fn a_module_behind_a_gateway_logs_in_there() {
        let string = format!("HostName=h.net;DeviceId=d;ModuleId=m;SharedAccessKey={KEY};GatewayHostName=edge");
        assert_eq!(login(&of_string(&string).unwrap()), ["edge", "d/m", "h.net/d/m/"]);
    }

    #[test]
    fn a_device_key_has_its_login_without_a_request() {
        let auth = of_key("").unwrap();
        assert_eq!(login(&auth), ["h.net", "d", "h.net/d/"]);
        token(&auth).unwrap();
    }

    #[test]
    fn a_key_held_elsewhere_is_told_what_to_sign() {
        let auth = of_tpm("").unwrap();
        assert_eq!(login(&auth), ["h.net", "d", "h.net/d/"]);
        let (string, _) = written(512, |buf, cap, len, error| {
            defenderauth_authenticator_sas_string_to_sign(Some(&auth), NOW, buf, cap, Some(len), Some(error))
        });
        assert_eq!(string.unwrap(), format!("h.net%2Fdevices%2Fd\n{NOW}"));
        assert_eq!(token(&auth).unwrap_err().code, DEFENDERAUTH_NOT_APPLICABLE);
    }

    #[test]
    fn an_authenticator_that_is_done_expects_no_result() {
        let mut auth = of_key("").unwrap();
        let failed = call(|error| defenderauth_authenticator_handle_elapsed(Some(&mut *auth), NOW, Some(error)));
        assert_eq!(failed.unwrap_err().code, DEFENDERAUTH_STATE);
        assert_eq!(defenderauth_authenticator_poll(Some(&auth)), DEFENDERAUTH_ACTION_DONE);
        assert_eq!(defenderauth_authenticator_clock_offset_seconds(Some(&auth)), 0);
    }

    #[test]
    fn what_needs_a_request_is_unsupported() {
        let ((scope, scope_len), (id, id_len), (json, json_len)) = (text("0ne000A1B2C"), text("dev-01"), text("{}"));
        let profile = made(|out, error| defenderauth_profile_new(scope, scope_len, id, id_len, Some(out), Some(error)));
        let (mut profile, key) = (profile.unwrap(), key());
        let payload = call(|error| defenderauth_profile_set_payload(Some(&mut profile), json, json_len, Some(error)));
        let provisioned = made(|out, error| {
            let (profile, key, out, error) = (Some(&*profile), Some(&key), Some(out), Some(error));
            defenderauth_authenticator_new_dps_key(profile, null(), 0, key, None, NOW, out, error)
        });
        for failed in [payload, provisioned.map(drop), of_key("m").map(drop), of_tpm("m").map(drop)] {
            let failed = failed.unwrap_err();
            assert_eq!(failed.code, DEFENDERAUTH_UNSUPPORTED, "{failed:?}");
        }
    }
}

#[cfg(not(feature = "local-signer"))]
#[test]
fn daemons_of_the_device() {
    use defenderauth::{agent_config::*, authenticator::*, daemon::*, driver::*, version::defenderauth_features, *};
    use std::ptr::null_mut;
    use support::{call, made, text};
    let (path, len) = text("/nowhere");
    for outcome in [
        made(|out, error| defenderauth_agent_config_find(path, len, Some(out), Some(error))).map(|_| ()),
        call(|error| defenderauth_daemon_run(None, Some(error))),
        call(|error| defenderauth_daemon_sas_token(None, None, 1, 1, null_mut(), 0, None, Some(error))),
        call(|error| defenderauth_driver_give_daemon(None, None, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_LOCAL_SIGNER, 0);
}

#[cfg(not(feature = "flows"))]
#[test]
fn daemons_of_the_device_without_flows() {
    use defenderauth::{daemon::*, *};
    use std::ptr::null;
    use support::{call, made, text};
    let (path, len) = text("/nowhere");
    for outcome in [
        made(|out, error| defenderauth_daemon_new_workload(null(), 0, Some(out), Some(error))).map(|_| ()),
        made(|out, error| defenderauth_daemon_new_identity_service(path, len, Some(out), Some(error))).map(|_| ()),
        call(|error| defenderauth_daemon_begin_signature(None, 1, null(), 0, Some(error))),
        call(|error| defenderauth_daemon_begin_trust_bundle(None, 1, Some(error))),
        call(|error| defenderauth_daemon_handle_response(None, 1, 200, null(), 0, null(), 0, Some(error))),
        call(|error| defenderauth_daemon_handle_no_response(None, 1, Some(error))),
        call(|error| defenderauth_daemon_handle_not_reached(None, 1, 1, Some(error))),
        call(|error| defenderauth_daemon_handle_elapsed(None, 1, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    defenderauth_daemon_free(None);
    assert_eq!(defenderauth_daemon_poll(None), DEFENDERAUTH_ACTION_FAILED);
}

#[cfg(not(feature = "operational"))]
#[test]
fn operational_certificates() {
    use defenderauth::{operational::*, session::*, version::defenderauth_features, *};
    use support::{call, made, text};
    let (name, len) = text("a");
    for outcome in [
        made(|out, error| defenderauth_certificates_new(Some(out), Some(error))).map(|_| ()),
        made(|out, error| defenderauth_certificates_parse(name, len, Some(out), Some(error))).map(|_| ()),
        made(|out, error| defenderauth_certificates_load(name, len, Some(out), Some(error))).map(|_| ()),
        made(|out, error| defenderauth_renewal_new(None, name, len, 1, 1, 1, Some(out), Some(error))).map(|_| ()),
        call(|error| defenderauth_certificates_save(None, name, len, Some(error))),
        call(|error| defenderauth_certificates_begin(None, name, len, 1, Some(error))),
        call(|error| defenderauth_certificates_accept(None, name, len, 1, Some(error))),
        call(|error| defenderauth_certificates_take_registration(None, None, Some(error))),
        call(|error| defenderauth_certificates_take_renewal(None, None, Some(error))),
        call(|error| defenderauth_certificates_take_session(None, None, Some(error))),
        call(|error| defenderauth_session_handle_request_made(None, 1, 1, None, Some(error))),
        call(|error| defenderauth_session_handle_certificate_kept(None, 1, 1, None, Some(error))),
        call(|error| defenderauth_certificates_discard(None, Some(error))),
        call(|error| defenderauth_certificates_retire(None, Some(error))),
        call(|error| defenderauth_renewal_handle_subscribed(None, 1, 1, Some(error))),
    ] {
        assert_eq!(outcome.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    }
    defenderauth_certificates_free(None);
    defenderauth_renewal_free(None);
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_OPERATIONAL, 0);
}

#[cfg(not(feature = "twin"))]
#[test]
fn twins() {
    use defenderauth::{
        twin::{topics::*, *},
        version::defenderauth_features,
        *,
    };
    use support::{made, text, written};
    assert_eq!(defenderauth_features() & DEFENDERAUTH_FEATURE_TWIN, 0);
    let twin = made(|out, error| defenderauth_twin_new(DEFENDERAUTH_TWIN_AGENT_C, Some(out), Some(error)));
    assert_eq!(twin.err().unwrap().code, DEFENDERAUTH_UNSUPPORTED);
    let (topic, _) =
        written(64, |buf, cap, len, error| defenderauth_twin_get_topic(1, buf, cap, Some(len), Some(error)));
    assert_eq!(topic.unwrap_err().code, DEFENDERAUTH_UNSUPPORTED);
    let (topic, len) = text("$iothub/twin/res/200/?$rid=1");
    assert_eq!(defenderauth_twin_topic_message(topic, len), DEFENDERAUTH_TWIN_MESSAGE_NONE);
}
