//! Device mode that creates the module when the hub does not have it.

use crate::world::*;
use defender_auth::{
    Device, Error, Outcome, Plan,
    credential::Credential,
    device_mode::{ModuleLookup, Step, Target},
    error::{Code, ServiceOperation},
    identity::ModuleId,
};
use serde_json::json;

const GET: &str =
    "GET contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity?api-version=2018-06-30 by token";
const PUT: &str =
    "PUT contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity?api-version=2017-11-08-preview by token";

fn missing() -> Reply {
    let body = json!({ "Message": "ErrorCode:ModuleNotFound;Not Found", "ExceptionMessage": "Tracking ID:1" });
    reply(404, &body)
}

fn created() -> Reply {
    reply(200, &json!({ "moduleId": "azureiotsecurity", "deviceId": "dev-01" }))
}

fn run(target: Target, script: impl IntoIterator<Item = Reply>) -> (Vec<String>, Result<Outcome, Error>) {
    let mut world = World::new(script);
    let plan = Plan::device(device(key(&DEVICE_KEY))).in_device_mode(target).unwrap();
    let outcome = world.run(&plan);
    world.log.retain(|step| !step.starts_with("wait "));
    (world.log, outcome)
}

fn creating(script: impl IntoIterator<Item = Reply>) -> (Vec<String>, Result<Outcome, Error>) {
    run(Target::default().create_if_missing(), script)
}

#[test]
fn a_module_that_is_missing_is_created_and_read() {
    let (log, outcome) = creating([missing(), created(), module_keys()]);
    assert_eq!(log, [GET, PUT, GET]);
    assert_eq!(outcome.unwrap().identity().to_string(), format!("{HUB}/devices/dev-01/modules/azureiotsecurity"));
}

#[test]
fn nothing_is_created_unless_it_is_asked_for() {
    let (log, error) = run(Target::default(), [missing()]);
    assert_eq!((log.len(), error.unwrap_err().code()), (1, Code::ServiceNotFound));
    assert!(!Target::default().creates() && Target::default().create_if_missing().creates());
    let (log, outcome) = creating([module_keys()]);
    assert_eq!(log, [GET], "it is there");
    assert!(outcome.is_ok());
}

#[test]
fn the_body_names_both_in_the_order_of_identityd() {
    let begin = |device: Device| ModuleLookup::start(device, Target::default().create_if_missing(), at(T0), attempt());
    let Step::Send(sending) = begin(device(key(&DEVICE_KEY))).unwrap() else { panic!() };
    let Step::Send(sending) = sending.answered(at(T0), missing().response().unwrap()).unwrap() else { panic!() };
    assert_eq!(sending.request().body(), br#"{"moduleId":"azureiotsecurity","deviceId":"dev-01"}"#);
    assert!(sending.request().headers().any(|(name, _)| name == "content-type"));
}

#[test]
fn another_process_that_is_faster_is_no_error() {
    let conflict = || reply(409, &json!({ "Message": "ErrorCode:ModuleAlreadyExistsOnDevice" }));
    let (log, outcome) = creating([missing(), conflict(), module_keys()]);
    assert_eq!(log, [GET, PUT, GET]);
    assert!(outcome.is_ok());
    let (log, error) = creating([missing(), conflict(), missing()]);
    assert_eq!(log, [GET, PUT, GET], "it is created once");
    assert_eq!(error.unwrap_err().code(), Code::ServiceNotFound);
}

#[test]
fn a_hub_that_does_not_create_it_is_believed() {
    for status in [400, 401, 403, 404, 412] {
        let (log, error) = creating([missing(), reply(status, &json!({ "Message": "no" }))]);
        assert_eq!(log, [GET, PUT]);
        let error = service_error(error.unwrap_err());
        assert_eq!((error.asked, error.status), (ServiceOperation::Module, status));
    }
    let (log, _) = creating([missing(), reply(503, &json!({})), created(), module_keys()]);
    assert_eq!(log, [GET, PUT, PUT, GET], "a busy hub is asked again");
}

#[test]
fn a_key_elsewhere_signs_once_for_all_three() {
    let mut world = World::new([missing(), created(), module_keys()]);
    world.tpm.persistent = Some(HUB_KEY);
    let plan = Plan::device(device(Credential::ExternalSigner))
        .in_device_mode(Target::new(ModuleId::azureiotsecurity()).create_if_missing());
    world.run(&plan.unwrap()).unwrap();
    assert_eq!(world.log.iter().filter(|step| step.starts_with("PUT") || step.starts_with("GET")).count(), 3);
    assert!(world.tokens.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", world.log);
}
