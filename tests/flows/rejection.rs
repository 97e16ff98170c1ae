//! What is said about a service's rejection: by its code, the operation, and how the request was authenticated.

use crate::{become_module, register, world::*};
use defender_auth::{
    Authenticator, Error, Event, Plan, SharedAccessKey,
    credential::{Credential, Issuer, PolicyKey},
    dps::Attestation,
    error::{AuthenticationMethod, Code, ErrorKind, Refusal, ServiceOperation},
    mqtt::provisioning_answer,
    outcome::{ConnectionProfile, Outcome},
    sas::{Resource, SasToken},
};
use serde_json::{Value, json};

const ALL: [fn() -> Attestation; 3] = [|| key(&DEVICE_KEY).into(), || certificate(Issuer::Authority).into(), || tpm()];

fn rejected(attestation: Attestation, reply: Reply) -> Error {
    World::new([reply]).register(profile(), attestation).unwrap_err()
}

fn with_code(code: u32) -> Reply {
    reply(u16::try_from(code / 1000).unwrap(), &json!({ "errorCode": code, "message": "no" }))
}

fn failed(more: Value) -> Reply {
    let mut state = json!({ "registrationId": "dev-01", "status": "failed" });
    let Value::Object(more) = more else { panic!() };
    state.as_object_mut().unwrap().extend(more);
    reply(200, &json!({ "operationId": OPERATION, "status": "failed", "registrationState": state }))
}

#[track_caller]
fn assert_says(error: &Error, words: &str, kind: ErrorKind) {
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(error.kind(), kind, "{error}");
}

/// A group's key and one derived from it look the same from here.
#[test]
fn a_credential_that_is_rejected_is_named_by_its_kind() {
    let words = ["a group's key must be derived for it first", "common name", "enrolled by its endorsement key"];
    for (index, attestation) in ALL.into_iter().enumerate() {
        for reply in
            [with_code(401_002), failed(json!({ "errorCode": 401_002 })), failed(json!({ "errorCode": 400_209 }))]
        {
            // A TPM's first request is not authenticated, and a registration of it cannot fail.
            if index == 2 && reply.response().unwrap().status() == 200 {
                continue;
            }
            let text = rejected(attestation(), reply).to_string();
            let said: Vec<_> = words.iter().map(|words| text.contains(words)).collect();
            let expected: Vec<_> = (0..3).map(|other| other == index).collect();
            assert_eq!(said, expected, "{text}");
            assert!(!text.contains("allocation policy"), "{text}");
        }
    }
}

#[test]
fn a_rejection_carries_how_the_request_was_authenticated() {
    let methods = [AuthenticationMethod::SymmetricKey, AuthenticationMethod::Certificate, AuthenticationMethod::Tpm];
    for (attestation, method) in ALL.into_iter().zip(methods) {
        let error = service_error(rejected(attestation(), with_code(404_201)));
        assert_eq!((error.method, error.registration_id.unwrap().as_str()), (Some(method), "dev-01"));
        assert_eq!(method.is_token(), method != AuthenticationMethod::Certificate);
    }
}

#[test]
fn a_failed_registration_is_blamed_on_what_its_code_names() {
    let hub = json!({ "errorCode": 500_000, "errorMessage": "ErrorCode:IotHubUnauthorizedAccess;Unauthorized" });
    for (more, words, kind) in [
        (json!({ "errorCode": 401_002 }), "the key is not that of this registration ID", ErrorKind::Service),
        (json!({ "errorCode": 400_208 }), "the enrollment has no IoT hub; link a hub", ErrorKind::Registry),
        (json!({ "errorCode": 401_001 }), "unlink the hub from the provisioning service", ErrorKind::Registry),
        (hub, "unlink the hub from the provisioning service", ErrorKind::Registry),
        (json!({ "errorCode": 404_201 }), "does not exist any longer", ErrorKind::Registry),
        (json!({ "errorCode": 429_001 }), "the limit of registrations is reached", ErrorKind::Registry),
        (json!({}), "allocation policy", ErrorKind::Registry),
    ] {
        let error = register([failed(more)]);
        assert_says(&error, words, kind);
        assert_eq!(error.code(), Code::RegistrationFailed);
    }
}

#[test]
fn a_404_is_about_what_was_asked_for() {
    let lookup = World::new([reply(404, "")]).register(profile().lookup_only(true), key(&DEVICE_KEY)).unwrap_err();
    for (error, asked, words) in [
        (register([with_code(404_201)]), ServiceOperation::Registration, "there is no enrollment for this"),
        (register([reply(404, "")]), ServiceOperation::Registration, "there is no enrollment for this"),
        (register([assigning(), with_code(404_202)]), ServiceOperation::RegistrationStatus, "register again"),
        (register([assigning(), reply(404, "")]), ServiceOperation::RegistrationStatus, "register again"),
        (lookup, ServiceOperation::RegistrationLookup, "the device has never been registered"),
    ] {
        assert_says(&error, words, ErrorKind::Service);
        assert_eq!(
            error.to_string().contains("no enrollment"),
            asked != ServiceOperation::RegistrationStatus,
            "{error}"
        );
        assert_eq!((error.code(), error.field().as_deref()), (Code::ServiceNotFound, Some("registration")));
        assert_eq!(service_error(error).asked, asked);
    }
}

#[test]
fn a_registration_id_that_is_rejected_is_named() {
    let error = register([with_code(400_004)]);
    assert_says(&error, "does not accept the registration ID `dev-01`", ErrorKind::Service);
    assert_says(&register([with_code(400_207)]), "cannot read the request", ErrorKind::Service);
    assert_says(
        &register([reply(403, &json!({ "message": "no" }))]),
        "denies access; check its IP filter",
        ErrorKind::Service,
    );
}

#[test]
fn a_hub_that_rejects_a_device_may_have_it_registered_with_another_type_of_authentication() {
    let token = |sr: &str| SasToken::sign(&key(&DEVICE_KEY), &Resource::from_plain(sr).unwrap(), END);
    let policy = PolicyKey { policy: "device".parse().unwrap(), key: key(&DEVICE_KEY) };
    for (credential, words) in [
        (Credential::from(key(&DEVICE_KEY)), "the key is not that of this device"),
        (token("contoso.azure-devices.net/devices/dev-01/modules/m").into(), "must be the device, not a module"),
        (certificate(Issuer::SelfSigned).into(), "compare the thumbprints"),
        (Credential::PolicyKey(policy), "the hub has no such policy"),
    ] {
        for status in [401, 403] {
            let error = become_module([reply(status, "")], credential.clone());
            assert_says(&error, words, ErrorKind::Service);
            assert_says(&error, "the device is registered with another type of authentication", ErrorKind::Service);
        }
    }
}

#[test]
fn a_404_of_the_hub_names_what_is_missing() {
    for (name, words, not) in [
        ("ModuleNotFound", "the device has no such security module", "no such device"),
        ("DeviceNotFound", "the hub has no such device; check the device ID", "module"),
        ("Other", "the hub has no such device, or the device has no such security module", "check"),
    ] {
        let error = become_module([reply(404, &json!({ "Message": format!("ErrorCode:{name};x") }))], key(&DEVICE_KEY));
        let text = error.to_string();
        let (_, advice) = text.split_once("; ").unwrap();
        assert!(advice.contains(words) && !advice.contains(not), "{text}");
    }
}

#[test]
fn what_a_proxy_or_a_captive_portal_answers_is_not_blamed_on_the_credential() {
    let page = "<html><body>Blocked by policy</body></html>";
    for (reply, words, kind, code) in [
        (reply(407, ""), "a proxy requires authentication", ErrorKind::Network, Code::ServiceRejected),
        (reply(511, page), "a captive portal", ErrorKind::Network, Code::ServiceUnavailable),
        (reply(302, ""), "it redirects the request", ErrorKind::Peer, Code::ServiceRejected),
        (reply(307, page), "it redirects the request", ErrorKind::Peer, Code::ServiceRejected),
        (reply(401, page), "any proxy or firewall", ErrorKind::Peer, Code::ServiceUnauthorized),
        (reply(403, page), "any proxy or firewall", ErrorKind::Peer, Code::ServiceForbidden),
        (reply(404, "Not Found"), "any proxy or firewall", ErrorKind::Peer, Code::ServiceNotFound),
        (reply(400, "[]"), "any proxy or firewall", ErrorKind::Peer, Code::ServiceRejected),
        (reply(502, page), "a proxy on the way cannot reach it", ErrorKind::Peer, Code::ServiceUnavailable),
        (reply(503, &json!({ "errorCode": 503_001 })), "it is busy or down", ErrorKind::Peer, Code::ServiceUnavailable),
        (reply(429, ""), "too many requests", ErrorKind::Peer, Code::ServiceThrottled),
    ] {
        let repeated = std::iter::repeat_n(reply, 7);
        for error in [register(repeated.clone()), become_module(repeated.clone(), key(&DEVICE_KEY))] {
            assert_says(&error, words, kind);
            assert_eq!(error.code(), code, "{error}");
            assert!(!error.to_string().contains("the key"), "{error}");
        }
    }
    let error = service_error(register([reply(401, " \r\n")]));
    assert!(!error.is_unrecognized, "an empty body is nobody's");
}

#[test]
fn an_enrollment_that_assigns_an_mqtt_broker_is_named() {
    let broker =
        json!({ "assignedHub": null, "assignedEndpoint": { "type": "x", "hostName": "ns.ts.eventgrid.azure.net" } });
    let text = json!({ "assignedHub": "", "assignedEndpoint": "ns.ts.eventgrid.azure.net" });
    for members in [broker.clone(), text] {
        let looked_up = World::new([reply(200, &state(members.clone()))])
            .register(profile().lookup_only(true), key(&DEVICE_KEY))
            .unwrap_err();
        for error in [register([assigned(members)]), looked_up] {
            assert_says(
                &error,
                "assigns an MQTT broker (`assignedEndpoint`), not an IoT hub; select",
                ErrorKind::Registry,
            );
            assert_eq!((error.code(), error.is_retryable()), (Code::RegistrationFailed, false));
            assert_eq!(service_error(error).refusal, Refusal::AssignedBroker);
        }
    }
    for members in [json!({ "assignedHub": null }), json!({ "assignedHub": null, "assignedEndpoint": null })] {
        assert_eq!(protocol_error(register([assigned(members)])).field, "registrationState.assignedHub");
    }
    let both = json!({ "assignedEndpoint": { "type": "hub" } });
    assert!(World::new([assigned(both)]).register_by_key().is_ok(), "a hub counts");
}

#[test]
fn a_connection_profile_without_a_login_ends_the_registration() {
    let certificate = || certificate(Issuer::Authority);
    let with = |profile: Value| assigned(json!({ "connectionProfile": profile }));
    for classic in [json!(null), json!("classic")] {
        let device = World::new([with(classic)]).register_by_key().unwrap();
        assert_eq!(device.registration_state().unwrap().connection_profile(), ConnectionProfile::Classic);
    }
    let device = World::new([with(json!("mqttV5"))]).register(profile(), certificate()).unwrap();
    assert_eq!(device.registration_state().unwrap().connection_profile(), ConnectionProfile::MqttV5);
    let by_key = register([with(json!("mqttV5"))]);
    assert_says(&by_key, "`mqttV5`, which accepts no shared access key; register with a client", ErrorKind::Registry);
    assert_eq!(service_error(by_key).refusal, Refusal::ProfileNeedsCertificate);
    for (chain, held) in [(json!(["MAA="]), false), (json!(null), true), (json!(["?"]), true)] {
        let answer = assigned(json!({ "connectionProfile": "mqttV5", "issuedCertificateChain": chain }));
        let profile = if held { profile().with_issued_certificate() } else { profile() };
        let device = World::new([answer]).register(profile, key(&DEVICE_KEY)).unwrap();
        let outcome = Outcome::from(device);
        assert!(outcome.requires_certificate() && *outcome.connection_profile() == ConnectionProfile::MqttV5);
        assert!(!outcome.with_certificate(certificate()).requires_certificate());
    }
    for chain in [json!(null), json!([]), json!(["?"]), json!(5)] {
        let answer = assigned(json!({ "connectionProfile": "mqttV5", "issuedCertificateChain": chain }));
        let refusal = service_error(register([answer])).refusal;
        assert_eq!(refusal, Refusal::ProfileNeedsCertificate, "{chain}");
    }
    for (unknown, name) in [
        (json!("mqttv5"), "mqttv5".to_owned()),
        (json!("Classic"), "Classic".into()),
        (json!(""), String::new()),
        (json!(5), "5".into()),
        (json!("é".repeat(80)), "é".repeat(31)),
    ] {
        let error = World::new([with(unknown)]).register(profile(), certificate()).unwrap_err();
        assert_says(&error, "connection profile (`connectionProfile`) that is not known here", ErrorKind::Registry);
        assert_eq!((error.code(), error.is_retryable()), (Code::RegistrationFailed, false));
        let error = service_error(error);
        assert_eq!((error.refusal, error.message), (Refusal::UnknownConnectionProfile, Some(name)));
    }
}

/// MQTT has no headers; the provisioning service writes its time into the body.
fn over_mqtt(attestation: impl Into<Attestation>, body: &Value) -> Error {
    let mut auth = Authenticator::new(&Plan::provision(profile(), attestation).unwrap(), at(T0), LIMIT);
    let body = body.to_string();
    let (_, response) = provisioning_answer("$dps/registrations/res/401/?$rid=1", body.as_bytes()).unwrap();
    auth.handle(at(T0), Event::Answered(response)).unwrap();
    auth.into_outcome().unwrap_err()
}

#[test]
fn a_wrong_clock_is_named_over_mqtt_too() {
    let said = |time: &str| json!({ "errorCode": 401_002, "message": "Unauthorized", "timestampUtc": time });
    for (time, amount, is_ahead) in [
        ("2023-11-15T00:13:20.1234567Z", 7200, false),
        ("2023-11-15T00:13:20Z", 7200, false),
        ("2023-11-14T20:13:20.0Z", 7200, true),
    ] {
        let error = over_mqtt(key(&DEVICE_KEY), &said(time));
        assert_eq!(error.kind(), if is_ahead { ErrorKind::Service } else { ErrorKind::Time }, "{error}");
        let clock = service_error(error).clock.unwrap();
        assert_eq!((clock.amount(), clock.is_ahead()), (seconds(amount), is_ahead));
    }
    let error = over_mqtt(key(&DEVICE_KEY), &said("2023-11-14T22:13:21Z"));
    assert!(error.kind() == ErrorKind::Service && !error.to_string().contains("clock"), "{error}");
}

#[test]
fn a_rejection_without_a_time_names_the_clock_if_a_token_was_rejected() {
    let wrong =
        [Value::Null, json!("yesterday"), json!("2023-11-15 00:13:20"), json!("2023-13-15T00:13:20Z"), json!(1)];
    for time in wrong {
        let body = json!({ "errorCode": 401_002, "timestampUtc": time });
        let by_token = over_mqtt(key(&DEVICE_KEY), &body);
        assert_says(&by_token, "or this device's clock is wrong", ErrorKind::Service);
        let by_certificate = over_mqtt(certificate(Issuer::Authority), &body);
        assert!(!by_certificate.to_string().contains("clock"), "{by_certificate}");
    }
    let in_time = register([with_code(401_002).with("Date", T0_DATE)]);
    assert!(!in_time.to_string().contains("clock"), "{in_time}");
    let module = become_module([reply(401, "")], key(&DEVICE_KEY));
    assert_says(&module, "or this device's clock is wrong", ErrorKind::Service);
}

/// Neither the service's words nor the advice quote the credential.
#[test]
fn no_rejection_shows_a_key() {
    let key: SharedAccessKey = key(&DEVICE_KEY);
    let quoting = json!({ "errorCode": 401_002, "message": format!("SharedAccessKey={}", base64(&DEVICE_KEY)) });
    let error = rejected(key.into(), reply(401, &quoting));
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!text.contains(&base64(&DEVICE_KEY)[..12]), "{text}");
    }
}
