//! A redirect is an answer like any other: what it points to hears nothing.

use crate::world::{Decoy, ELSEWHERE, HUB, asked, client, cloud, drive, exchange, host, key, now};
use defender_auth::{Device, Plan, device_mode::Target, error::Code};
use defender_auth_emulator::{Emulator, Fault, Operation};

/// Reads the module and is sent to this place.
fn sent_to(location: &str, cloud: &Emulator, decoy: &Decoy) -> Code {
    cloud.fault(Operation::ReadModule, Fault::Redirect(location.into()), 1);
    let client = client(cloud, [(host(ELSEWHERE), decoy.address())]);
    let device = Device::new(host(HUB), "dev-01".parse().unwrap(), key());
    let plan = Plan::device(device).in_device_mode(Target::default()).unwrap();
    drive(&plan, &mut now(), |request| exchange(&client, request)).result.unwrap_err().code()
}

#[test]
fn a_host_that_the_client_could_reach_is_not_asked() {
    let (cloud, decoy) = (cloud(0), Decoy::open());
    let address = decoy.address();
    for location in [
        format!("https://{ELSEWHERE}/devices/dev-01/modules/azureiotsecurity?api-version=2018-06-30"),
        format!("http://{ELSEWHERE}/"),
        format!("//{ELSEWHERE}/"),
        format!("https://{address}/"),
        format!("http://{address}/"),
    ] {
        assert_eq!(sent_to(&location, &cloud, &decoy), Code::ServiceRejected, "{location}");
        assert!(decoy.was_not_contacted(), "{location}");
    }
}

#[test]
fn the_same_host_is_not_asked_again() {
    let (cloud, decoy) = (cloud(0), Decoy::open());
    for location in [format!("https://{HUB}/elsewhere"), "/elsewhere".into(), String::new()] {
        let since = cloud.journal().entries().len();
        assert_eq!(sent_to(&location, &cloud, &decoy), Code::ServiceRejected, "{location}");
        assert_eq!(asked(&cloud, since), "!read", "{location}");
    }
}
