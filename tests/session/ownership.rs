//! Which source a saved assignment belongs to, and which one the status names.

use crate::{agents::*, world::*};
use defender_auth::{Device, Password, Plan, device_mode::Target, dps::Profile, session::*};

/// What a session with these sources sends first, after one with those has been connected and has saved.
fn first_request(world: &mut World, before: Vec<Source>, after: Vec<Source>) -> Kind {
    let mut session = world.session(before);
    until(world, &mut session, is_stay);
    world.log.clear();
    let mut session = world.session(after);
    while world.log.iter().all(|(_, kind)| *kind == Kind::Save) {
        world.once(&mut session);
    }
    world.log.iter().map(|(_, kind)| *kind).find(|kind| *kind != Kind::Save).unwrap()
}

fn in_device_mode(device: &str, module: &str) -> Vec<Source> {
    let own = Device::new("h.azure-devices.net".parse().unwrap(), device.parse().unwrap(), key(3));
    let plan = Plan::device(own).in_device_mode(Target::new(module.parse().unwrap())).unwrap();
    vec![Source::new("device", plan)]
}

#[test]
fn what_was_saved_belongs_to_one_source_by_its_name_and_its_enrollment() {
    let source = |name: &str, scope: &str, id: &str| {
        let plan = Plan::provision(Profile::new(scope.parse().unwrap(), id.parse().unwrap()), key(3)).unwrap();
        vec![Source::new(name, plan)]
    };
    let before = || source("dps", "0ne00000001", "dev");
    for (after, expected) in [
        (before(), Kind::Connect),
        (source("other", "0ne00000001", "dev"), Kind::Register),
        (source("dps", "0ne00000002", "dev"), Kind::Register),
        (source("dps", "0ne00000001", "dev2"), Kind::Register),
    ] {
        let after_name = format!("{after:?}");
        assert_eq!(first_request(&mut World::new(), before(), after), expected, "{after_name}");
    }
}

#[test]
fn the_keys_of_a_module_belong_to_that_module_of_that_device() {
    let mut world = World::new();
    let before = || in_device_mode("dev", "azureiotsecurity");
    assert_eq!(first_request(&mut world, before(), before()), Kind::Connect);
    for after in [in_device_mode("dev2", "azureiotsecurity"), in_device_mode("dev", "other")] {
        assert_eq!(first_request(&mut World::new(), before(), after), Kind::Module);
    }
    let module = dps(3).in_device_mode(Target::default()).unwrap();
    // The same device without Device mode, and the other way round.
    let without = || vec![Source::new("dps", dps(3))];
    let with = || vec![Source::new("dps", module.clone())];
    assert_eq!(first_request(&mut World::new(), with(), without()), Kind::Register);
    assert_eq!(first_request(&mut World::new(), without(), with()), Kind::Module, "the assignment is known");
}

#[test]
fn a_device_with_a_certificate_begins_with_it_after_a_restart() {
    let profile = Profile::new("0ne00000001".parse().unwrap(), "dev".parse().unwrap());
    let sources = || vec![Source::new("dps", Plan::provision(profile.clone(), certificate(1)).unwrap())];
    let mut world = World::new();
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    let session = world.session(sources());
    let Action::Connect(login) = session.poll() else { panic!("{:?}", session.poll()) };
    assert_eq!(login.password, Password::Certificate(certificate(1)));
}

#[test]
fn a_restart_begins_with_the_credential_that_worked_and_goes_on_to_the_first() {
    let sources = || vec![known("a", keys(1, 2)), known("b", key(3))];
    let mut world = World::new();
    world.hub = Box::new(|login, _| if by(login, 3) { Hub::Accepts } else { NO });
    let mut session = world.session(sources());
    until(&mut world, &mut session, is_stay);
    let mut session = world.session(sources());
    assert_eq!(session.status().credential, Some("b"));
    world.hub = Box::new(|login, _| if by(login, 2) { Hub::Accepts } else { NO });
    until(&mut world, &mut session, is_stay);
    assert_eq!(session.status().credential, Some("a/secondary"));
}

#[test]
fn the_status_names_the_source_or_the_credential_at_every_step() {
    let mut world = World::new();
    let mut session = world.session(agents().remove(2).1);
    let mut named = Vec::new();
    while !is_stay(&session.poll()) {
        let status = session.status();
        let line = format!("{}: {}", status.phase, status.credential.unwrap_or("-"));
        if named.last() != Some(&line) {
            named.push(line);
        }
        world.once(&mut session);
    }
    assert_eq!(
        named,
        [
            "saving: dps0",
            "authenticating: dps0",
            "saving: dps0",
            "authenticating: dps0",
            "saving: dps0/primary",
            "connecting: dps0/primary",
            "saving: dps0/primary"
        ]
    );
    world.dps = Box::new(|_| Dps::Disabled);
    let mut session = World::new().session(agents().remove(1).1);
    until(&mut world, &mut session, is_wait);
    assert_eq!((session.status().credential, session.status().dropped.unwrap().credential), (None, "dps1"));
}
