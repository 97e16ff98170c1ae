//! Names of hubs, and the version of their interface.

use crate::{agents::*, world::*};
use defender_auth::{Device, Plan, dps::Profile, identity::Identity, session::*};

const DEVICE_NAME: &str = "contoso.device.azure-devices.net";

/// The host that a session connects to, and the user name.
fn login(world: &mut World, session: &mut Session) -> [String; 2] {
    until(world, session, |action| matches!(action, Action::Connect(_)));
    match session.poll() {
        Action::Connect(login) => [login.connect.host.to_string(), login.connect.user_name.clone()],
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_assigned_hub_has_its_classic_name_in_the_login_also_after_a_restart() {
    for is_renamed in [true, false] {
        let profile = Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap());
        let profile = if is_renamed { profile.with_classic_hub_name() } else { profile };
        let plan = Plan::provision(profile, key(1)).unwrap();
        let mut world = World::new();
        world.home = DEVICE_NAME;
        for start in 0..2 {
            let mut session = world.session(vec![Source::new("dps", plan.clone())]);
            let [host, user_name] = login(&mut world, &mut session);
            let hub = if is_renamed { "contoso.azure-devices.net" } else { DEVICE_NAME };
            assert_eq!(host, DEVICE_NAME, "start {start}");
            assert!(user_name.starts_with(&format!("{hub}/dev/?")), "{user_name}");
            world.run(&mut session, 60_000);
            assert_eq!(session.status().phase, Phase::Connected);
        }
        assert_eq!(world.count(&[Kind::Register]), 1, "a restart knows the hub");
    }
}

#[test]
fn a_hubs_name_for_back_ends_is_never_dialled() {
    let service = "contoso.service.azure-devices.net";
    let device = Device::new(service.parse().unwrap(), "dev".parse().unwrap(), key(1));
    let good = Identity::device("h.net".parse().unwrap(), "dev".parse().unwrap());
    let mut world = World::new();
    let mut session =
        world.session(vec![Source::new("wrong", device.clone()), Source::new("right", Plan::known(good, key(1)))]);
    assert_eq!(login(&mut world, &mut session)[0], "h.net");
    let mut session = World::new().session(vec![Source::new("wrong", device)]);
    world = World::new();
    world.run(&mut session, HOUR);
    assert_eq!((world.count(&[Kind::Connect]), session.status().phase), (0, Phase::Waiting));
}

#[test]
fn the_version_of_the_hubs_interface_is_the_policys() {
    let mut world = World::new();
    let policy = Policy { hub_api_version: Some("2021-04-12".parse().unwrap()), ..Policy::default() };
    let mut session = Session::new(vec![known("key", key(1))], policy, None, world.now()).unwrap();
    let [_, user_name] = login(&mut world, &mut session);
    assert!(user_name.contains("/?api-version=2021-04-12&"), "{user_name}");
}
