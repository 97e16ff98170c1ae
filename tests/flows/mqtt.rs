//! A registration over MQTT: the same machine with another carrier.

use crate::world::*;
use defender_auth::{
    Action, Authenticator, Event, Plan, UnixTime,
    credential::Issuer,
    device_mode::Target,
    dps::{Attestation, Cloud, Profile},
    http::ApiVersion,
    identity::Identity,
    mqtt::{Connect, PORT, PROVISIONING_ANSWERS, provisioning_answer, provisioning_topic},
};
use serde_json::json;

fn registering(profile: Profile, proof: impl Into<Attestation>) -> Authenticator {
    Authenticator::new(&Plan::provision(profile, proof).unwrap(), at(T0), LIMIT)
}

/// The client that a test needs: what is published with which `rid`, and what comes back.
fn published(auth: &Authenticator, rid: u32) -> (Option<Connect>, Option<String>) {
    let Action::Send(request) = auth.poll() else { panic!("nothing to send: {:?}", auth.poll()) };
    (Connect::provisioning(request), provisioning_topic(request, rid))
}

fn receive(auth: &mut Authenticator, now: UnixTime, topic: &str, reply: &Reply) {
    let Reply::Answer { body, .. } = reply else { panic!() };
    let (_, response) = provisioning_answer(topic, body.as_bytes()).unwrap();
    auth.handle(at(now), Event::Answered(response)).unwrap();
}

#[test]
fn a_registration_goes_over_mqtt_as_it_goes_over_https() {
    let mut auth = registering(profile(), key(&DEVICE_KEY));
    let (connect, topic) = published(&auth, 1);
    assert_eq!(topic.unwrap(), "$dps/registrations/PUT/iotdps-register/?$rid=1");
    receive(&mut auth, T0, "$dps/registrations/res/202/?$rid=1&retry-after=5", &assigning());
    let Action::Wait(wait) = auth.poll() else { panic!("{:?}", auth.poll()) };
    assert_eq!(secs(wait).0, 5);
    auth.handle(at(T0 + seconds(5)), Event::Elapsed).unwrap();
    let (again, topic) = published(&auth, 2);
    let expected = format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId={OPERATION}");
    assert_eq!((again, topic.unwrap()), (connect, expected), "one connection carries both");
    receive(&mut auth, T0 + seconds(6), "$dps/registrations/res/200/?$rid=2", &assigned(json!({})));
    let me = auth.into_outcome().unwrap();
    assert_eq!(Connect::hub(me.identity(), None).client_id, "dev-01");
}

#[test]
fn the_login_is_the_registrations_with_its_token_as_the_password() {
    let auth = registering(profile().with_endpoint(Cloud::China), key(&DEVICE_KEY));
    let connect = published(&auth, 1).0.unwrap();
    assert_eq!((connect.host.as_str(), PORT), ("global.azure-devices-provisioning.cn", 8883));
    assert_eq!((connect.client_id.as_str(), PROVISIONING_ANSWERS), ("dev-01", "$dps/registrations/res/#"));
    let version = env!("CARGO_PKG_VERSION");
    let user =
        format!("0ne000A1B2C/registrations/dev-01/api-version=2019-03-31&ClientVersion=defender-auth%2F{version}");
    assert_eq!(connect.user_name, user);
    let Action::Send(request) = auth.poll() else { panic!() };
    assert!(holds(request.token().unwrap().expose(), &DEVICE_KEY, T0));
    assert_eq!(request.body(), br#"{"registrationId":"dev-01"}"#);
}

#[test]
fn a_certificate_logs_in_without_a_password() {
    let auth = registering(profile(), certificate(Issuer::Authority));
    let Action::Send(request) = auth.poll() else { panic!() };
    assert!(request.certificate().is_some() && request.token().is_none());
    assert!(Connect::provisioning(request).is_some());
}

#[test]
fn the_api_version_goes_into_the_user_name() {
    let profile = profile().with_api_version(ApiVersion::new("2021-06-01").unwrap());
    let connect = published(&registering(profile, key(&DEVICE_KEY)), 1).0.unwrap();
    assert!(connect.user_name.contains("/api-version=2021-06-01&"), "{}", connect.user_name);
}

#[test]
fn a_login_at_the_hub_has_another_api_version_when_one_is_given() {
    let identity = Identity::device(HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let connect = Connect::hub_at(&identity, Some("dtmi:a;1"), &ApiVersion::certificate_renewal());
    let plain = Connect::hub(&identity, Some("dtmi:a;1"));
    assert_eq!(connect.user_name, plain.user_name.replace("=2020-09-30&", "=2025-08-01-preview&"));
    assert_eq!((connect.host, connect.client_id), (plain.host, plain.client_id));
}

#[test]
fn what_mqtt_cannot_carry_says_so() {
    let module = Plan::device(device(key(&DEVICE_KEY))).in_device_mode(Target::default()).unwrap();
    for (what, auth) in [
        ("a lookup", registering(profile().lookup_only(true), key(&DEVICE_KEY))),
        ("a TPM's first request", registering(profile(), tpm())),
        ("a hub's module identity", Authenticator::new(&module, at(T0), LIMIT)),
    ] {
        assert_eq!(published(&auth, 1), (None, None), "{what}");
    }
}

#[test]
fn an_answer_brings_its_rid_status_and_retry_after() {
    for (topic, rid, status) in [
        ("$dps/registrations/res/202/?$rid=7&retry-after=3", 7, 202),
        ("$dps/registrations/res/202/?retry-after=3&$rid=7", 7, 202),
        ("$dps/registrations/res/401/?$rid=4294967295&x=y", u32::MAX, 401),
    ] {
        let (answered, response) = provisioning_answer(topic, b"{}").unwrap();
        assert_eq!((answered, response.status()), (rid, status), "{topic}");
    }
}

#[test]
fn other_topics_are_no_answers() {
    for topic in [
        "",
        "$dps/registrations/res/abc/?$rid=1",
        "$dps/registrations/res/99/?$rid=1",
        "$dps/registrations/res/600/?$rid=1",
        "$dps/registrations/res/99999/?$rid=1",
        "$dps/registrations/res/200/?retry-after=3",
        "$dps/registrations/res/200/?$rid=+1",
        "$dps/registrations/res/200/?$rid=a-b",
        "$dps/registrations/res/200/?$rid=4294967296",
        "$dps/registrations/res/200/?$rid=",
        "$dps/registrations/res/200",
        "$iothub/twin/res/200/?$rid=1",
    ] {
        assert!(provisioning_answer(topic, b"{}").is_none(), "{topic}");
    }
}

#[test]
fn a_refusal_over_mqtt_is_a_refusal() {
    let mut auth = registering(profile(), key(&DEVICE_KEY));
    let refusal = reply(401, &json!({ "errorCode": 401_002, "trackingId": "t-1", "message": "Unauthorized" }));
    receive(&mut auth, T0, "$dps/registrations/res/401/?$rid=1", &refusal);
    let error = service_error(auth.into_outcome().unwrap_err());
    assert_eq!((error.status, error.code, error.tracking_id.as_deref()), (401, Some(401_002), Some("t-1")));
}

#[test]
fn a_login_at_the_hub_names_device_module_and_model() {
    let (hub, id) = (HUB.parse().unwrap(), "dev-01".parse().unwrap());
    let module =
        Identity::module(hub, id, "azureiotsecurity".parse().unwrap()).with_gateway("edge.local".parse().unwrap());
    let connect = Connect::hub(&module, Some("dtmi:a:b;1"));
    assert_eq!((connect.host.as_str(), connect.client_id.as_str()), ("edge.local", "dev-01/azureiotsecurity"));
    let version = env!("CARGO_PKG_VERSION");
    let query = format!("?api-version=2020-09-30&DeviceClientType=defender-auth%2F{version}&model-id=dtmi%3Aa%3Ab%3B1");
    assert_eq!(connect.user_name, format!("{HUB}/dev-01/azureiotsecurity/{query}"));
}
