//! Names of hubs, and versions of the services' interfaces.

use crate::{register, world::*};
use defender_auth::{
    Authenticator, Device, Error, Plan,
    device_mode::Target,
    error::{Code, ErrorKind, PlanError, Refusal},
    identity::{HostName, Identity},
};
use serde_json::json;

const DEVICE_NAME: &str = "contoso.device.azure-devices.cn";
const CLASSIC: &str = "contoso.azure-devices.cn";
const BACK_ENDS: &str = "contoso.service.azure-devices.cn";

fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

fn called(name: &str) -> Device {
    Device::new(host(name), "dev-01".parse().unwrap(), key(&DEVICE_KEY))
}

#[test]
fn a_request_goes_to_the_name_that_is_given_with_the_classic_one_in_its_token() {
    for (device, hub) in [(called(DEVICE_NAME), DEVICE_NAME), (called(DEVICE_NAME).with_classic_hub_name(), CLASSIC)] {
        let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
        let auth = Authenticator::new(&plan, at(T0), LIMIT);
        let defender_auth::Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
        assert_eq!(request.host().as_str(), DEVICE_NAME);
        let resource = request.token().unwrap().plain_resource().unwrap().into_owned();
        assert_eq!(resource, format!("{hub}/devices/dev-01"));
        assert_eq!(request.api_version(), "2018-06-30");
    }
    // A gateway forwards MQTT only.
    let plan = Plan::device(called(DEVICE_NAME).with_gateway(host("edge.local")).with_classic_hub_name());
    let auth = Authenticator::new(&plan.in_device_mode(Target::default()).unwrap(), at(T0), LIMIT);
    let defender_auth::Action::Send(request) = auth.poll() else { panic!("{auth:?}") };
    assert_eq!(request.host().as_str(), DEVICE_NAME);
}

#[test]
fn an_assignment_has_the_classic_name_when_the_profile_or_the_plan_says_so() {
    let assigned = || assigned(json!({ "assignedHub": DEVICE_NAME }));
    let classic = World::new([assigned()]).register(profile().with_classic_hub_name(), key(&DEVICE_KEY)).unwrap();
    assert_eq!((classic.identity().hub().as_str(), classic.identity().endpoint().as_str()), (CLASSIC, DEVICE_NAME));
    let given = World::new([assigned()]).register_by_key().unwrap();
    assert_eq!((given.identity().hub().as_str(), given.identity().gateway()), (DEVICE_NAME, None));
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap().with_classic_hub_name();
    let me = World::new([assigned()]).run(&plan).unwrap();
    assert_eq!(me.identity(), classic.identity());
}

#[test]
fn a_name_for_back_ends_is_refused_wherever_it_comes_from() {
    let known = Identity::module(host(BACK_ENDS), "dev-01".parse().unwrap(), "m".parse().unwrap());
    let behind = Identity::device(host(CLASSIC), "dev-01".parse().unwrap()).with_gateway(host(BACK_ENDS));
    for plan in [
        Plan::known(known, key(&DEVICE_KEY)),
        Plan::known(behind, key(&DEVICE_KEY)),
        Plan::device(called(BACK_ENDS)),
        Plan::device(called(BACK_ENDS)).in_device_mode(Target::default()).unwrap(),
        Plan::device(called(BACK_ENDS)).with_classic_hub_name(),
    ] {
        let error = Authenticator::new(&plan, at(T0), LIMIT).into_outcome().unwrap_err();
        assert!(matches!(&error, Error::Plan(PlanError::BackEndHost { host, .. }) if host.as_str() == BACK_ENDS));
        assert_eq!(
            (error.kind(), error.code(), error.is_retryable()),
            (ErrorKind::Configuration, Code::Argument, false)
        );
        let text = error.to_string();
        assert!(text.ends_with("use contoso.azure-devices.cn, or contoso.device.azure-devices.cn"), "{text}");
    }
    let error = register([assigned(json!({ "assignedHub": BACK_ENDS }))]);
    assert_eq!(
        (error.kind(), error.code(), error.is_retryable()),
        (ErrorKind::Registry, Code::RegistrationFailed, false)
    );
    let error = service_error(error);
    assert_eq!((error.refusal, error.message.as_deref()), (Refusal::AssignedBackEndHost, Some(BACK_ENDS)));
}

#[test]
fn an_error_names_the_version_of_the_request_that_is_refused() {
    let refused = |version: &str| {
        let answer = reply(400, &json!({ "errorCode": 400_207, "message": "Bad request" }));
        let profile = profile().with_api_version(version.parse().unwrap());
        World::new([answer]).register(profile, key(&DEVICE_KEY)).unwrap_err()
    };
    for version in ["2021-10-01", "2026-11-02-preview"] {
        let error = refused(version);
        assert!(error.to_string().ends_with(&format!("and the API version {version}")), "{error}");
        assert_eq!(service_error(error).api_version.as_deref(), Some(version));
    }
    let answer = reply(400, &json!({ "Message": "ErrorCode:InvalidProtocolVersion;Bad Request" }));
    let error = World::new([answer]).become_module(called(CLASSIC), Target::default()).unwrap_err();
    assert!(error.to_string().ends_with("and the API version 2018-06-30"), "{error}");
}

#[test]
fn a_plan_takes_the_version_of_the_provisioning_service() {
    let version = |plan: &Plan| plan.profile().map(|profile| profile.api_version().to_string());
    let plan = Plan::provision(profile(), key(&DEVICE_KEY)).unwrap();
    assert_eq!(version(&plan).as_deref(), Some("2019-03-31"));
    assert_eq!(version(&plan.with_api_version("2021-06-01".parse().unwrap())).as_deref(), Some("2021-06-01"));
    assert_eq!(version(&Plan::device(called(CLASSIC)).with_api_version("1".parse().unwrap())), None);
}
