//! Connections that last: what ends them, and what changes while they are open.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use defender_auth_emulator::{
    ChangeError, Device, Dps, Emulator, Enrollment, Entry, Fault, Hub, Module, Operation, Refusal, World,
};
use mqtt_protocol_core::mqtt::result_code::ConnectReturnCode::{self, Accepted, NotAuthorized, ServerUnavailable};
use std::time::{Duration, Instant};
use support::{DPS, HUB, KEY, Mqtt, OTHER, Shown, certificates::Leaf, dial, dial_as, https, play, token};

const NEW_HUB: &str = "fabrikam.azure-devices.net";

fn world() -> World {
    let device = Device::new("dev-01", KEY).module(Module::new("m", OTHER));
    let hub = Hub::new(HUB).device(device).device(Device::new("dev-02", KEY));
    World::new().hub(hub).hub(Hub::new(NEW_HUB))
}

fn user(hub: &str, id: &str) -> String {
    format!("{hub}/{id}/?api-version=2020-09-30")
}

fn try_device(emulator: &Emulator, hub: &str, id: &str, key: &str) -> (Mqtt, ConnectReturnCode) {
    Mqtt::connect(emulator, HUB, id, &user(hub, id), &token(&format!("{hub}%2Fdevices%2F{id}"), key))
}

fn device(emulator: &Emulator, id: &str) -> Mqtt {
    let (client, code) = try_device(emulator, HUB, id, KEY);
    assert_eq!(code, Accepted);
    client
}

fn module(emulator: &Emulator) -> Mqtt {
    let password = token(&format!("{HUB}%2Fdevices%2Fdev-01%2Fmodules%2Fm"), OTHER);
    let (client, code) = Mqtt::connect(emulator, HUB, "dev-01/m", &user(HUB, "dev-01/m"), &password);
    assert_eq!(code, Accepted);
    client
}

fn ended(identity: &str, reason: &str) -> Entry {
    Entry::Ended { identity: format!("{HUB}/{identity}"), reason: reason.into() }
}

/// The latest entry, once the connection of a client has ended.
fn last(emulator: &Emulator, client: &mut Mqtt) -> Entry {
    assert_eq!(client.message(), None);
    emulator.journal().entries().pop().unwrap()
}

#[test]
fn a_connection_ends_when_its_token_expires() {
    let emulator = play(world());
    let mut client = device(&emulator, "dev-01");
    emulator.clock_offset(300);
    assert!(client.ping(), "the token has five minutes left");
    emulator.clock_offset(3600);
    assert_eq!(last(&emulator, &mut client), ended("dev-01", "its token expired"));
    assert_eq!(emulator.connections(), 0);
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    assert!(matches!(emulator.journal().entries().pop(), Some(Entry::Refused { reason: Refusal::Expired { .. }, .. })));
}

#[test]
fn a_connection_with_a_certificate_has_no_end() {
    let leaf = Leaf::self_signed("dev-10");
    let emulator = play(World::new().hub(Hub::new(HUB).device(Device::with_thumbprint("dev-10", &leaf.sha256()))));
    let tls = dial_as(&emulator, emulator.address(), HUB, Some(Shown(&leaf, &[])));
    let (mut client, code) = Mqtt::connect_over(tls, "dev-10", &user(HUB, "dev-10"), None);
    assert_eq!(code, Accepted);
    emulator.clock_offset(10 * 86_400);
    assert!(client.ping());
    let renewed = Leaf::self_signed("dev-10");
    emulator.set_device_thumbprints(HUB, "dev-10", &renewed.sha256(), None).unwrap();
    assert!(client.ping(), "a renewal does not end it");
    let log_in = |leaf| {
        let tls = dial_as(&emulator, emulator.address(), HUB, Some(Shown(leaf, &[])));
        Mqtt::connect_over(tls, "dev-10", &user(HUB, "dev-10"), None).1
    };
    assert_eq!((log_in(&leaf), log_in(&renewed)), (NotAuthorized, Accepted));
    assert!(emulator.set_device_thumbprints(HUB, "dev-10", "ab", None).is_err());
}

#[test]
fn the_older_of_two_connections_with_one_client_id_is_closed() {
    let emulator = play(world());
    let (mut first, mut other, mut module) =
        (device(&emulator, "dev-01"), device(&emulator, "dev-02"), module(&emulator));
    let mut second = device(&emulator, "dev-01");
    assert_eq!(last(&emulator, &mut first), ended("dev-01", "a later connection has the same client ID"));
    assert!(second.ping() && other.ping() && module.ping(), "other clients stay, also a module of the device");
    assert_eq!(emulator.connections(), 3);
    assert_eq!(try_device(&emulator, HUB, "dev-01", OTHER).1, NotAuthorized);
    assert!(second.ping(), "a login that is refused replaces nothing");
}

#[test]
fn the_end_of_the_older_connection_leaves_the_later_one_connected() {
    let emulator = play(world());
    let mut first = device(&emulator, "dev-01");
    let mut second = device(&emulator, "dev-01");
    assert_eq!(first.message(), None);
    drop(first);
    emulator.disconnect(HUB, "dev-01", None).unwrap();
    assert_eq!(last(&emulator, &mut second), ended("dev-01", "it was requested"));
    assert!(matches!(emulator.disconnect(HUB, "dev-01", None), Err(ChangeError::Unknown(_))));
}

#[test]
fn keys_are_rotated_while_a_client_is_connected() {
    let emulator = play(world());
    let mut client = device(&emulator, "dev-01");
    emulator.rotate_device_keys(HUB, "dev-01", OTHER, OTHER).unwrap();
    assert!(client.ping());
    emulator.disconnect("CONTOSO.azure-devices.net", "dev-01", None).unwrap();
    assert_eq!(client.message(), None);
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    assert_eq!(try_device(&emulator, HUB, "dev-01", OTHER).1, Accepted);
}

#[test]
fn a_disabled_device_is_disconnected_with_its_modules_until_it_is_enabled() {
    let emulator = play(world());
    let (mut client, mut module, mut other) =
        (device(&emulator, "dev-01"), module(&emulator), device(&emulator, "dev-02"));
    emulator.disable_device(HUB, "dev-01").unwrap();
    assert_eq!((client.message(), module.message()), (None, None));
    assert!(other.ping());
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    assert_eq!(emulator.journal().entries().pop(), Some(Entry::refused("dev-01", Refusal::DeviceDisabled)));
    emulator.enable_device(HUB, "dev-01").unwrap();
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, Accepted);
    assert!(emulator.disable_device(HUB, "dev-09").is_err());
}

#[test]
fn a_device_is_moved_to_another_hub_while_it_is_connected() {
    let enrollment = Enrollment::new("dev-01", KEY).pending(0);
    let emulator = play(world().dps(Dps::new("0ne").enrollment(enrollment)));
    let mut client = device(&emulator, "dev-01");
    emulator.move_device(HUB, "dev-01", NEW_HUB).unwrap();
    emulator.move_enrollment("dev-01", NEW_HUB).unwrap();
    assert_eq!(last(&emulator, &mut client), ended("dev-01", "it was removed or disabled"));
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    let registration = token("0ne/registrations/dev-01", KEY);
    let register = "PUT /0ne/registrations/dev-01/register?api-version=2021-06-01";
    let body = https(&emulator, register, DPS, &registration, "").json();
    assert_eq!(body["registrationState"]["assignedHub"], NEW_HUB);
    assert_eq!(try_device(&emulator, NEW_HUB, "dev-01", KEY).1, Accepted);
    emulator.add_device(HUB, Device::new("dev-01", KEY)).unwrap();
    assert!(matches!(emulator.move_device(HUB, "dev-01", NEW_HUB), Err(ChangeError::Known(_))));
    assert!(matches!(emulator.move_device(HUB, "dev-01", "x.net"), Err(ChangeError::Unknown(_))));
    assert!(matches!(emulator.add_device(HUB, Device::new("dev-01", KEY)), Err(ChangeError::Known(_))));
    emulator.remove_device(HUB, "dev-01").unwrap();
    assert!(matches!(emulator.remove_device(HUB, "dev-01"), Err(ChangeError::Unknown(_))));
}

#[test]
fn a_busy_hub_answers_with_connack_3_and_then_as_usual() {
    let emulator = play(world());
    emulator.fault(Operation::Connect, Fault::Connack(3), 1);
    emulator.fault(Operation::Connect, Fault::Status(429).retry_after("3"), 1);
    for _ in 0..2 {
        assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, ServerUnavailable);
    }
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, Accepted);
    let request = "connect dev-01".to_owned();
    let fault = Entry::Faulted { request, fault: "CONNACK 3".into() };
    assert_eq!(emulator.journal().entries()[0], fault);
}

#[test]
fn a_connect_can_be_refused_with_every_code_answered_in_part_or_delayed() {
    let emulator = play(world());
    for code in 1..=5 {
        emulator.fault(Operation::Connect, Fault::Connack(code), 1);
        assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1 as u8, code);
    }
    emulator.fault(Operation::Connect, Fault::Truncated, 1);
    let password = token(HUB, KEY);
    let tls = dial(&emulator, emulator.address(), HUB);
    assert_eq!(Mqtt::try_connect(tls, "dev-01", &user(HUB, "dev-01"), Some(&password), 60).1, None);
    let delay = Duration::from_millis(300);
    emulator.fault(Operation::Connect, Fault::Stall(delay), 1);
    let begin = Instant::now();
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, Accepted);
    assert!(begin.elapsed() >= delay);
}

#[test]
fn a_client_that_sends_nothing_is_disconnected_after_its_keep_alive() {
    let emulator = play(world());
    let password = token(HUB, KEY);
    let begin = Instant::now();
    let tls = dial(&emulator, emulator.address(), HUB);
    let (mut client, code) = Mqtt::try_connect(tls, "dev-01", &user(HUB, "dev-01"), Some(&password), 1);
    assert_eq!(code, Some(Accepted));
    let silent = ended("dev-01", "it sent nothing for one and a half times its keep-alive");
    assert_eq!(last(&emulator, &mut client), silent);
    assert!(begin.elapsed() >= Duration::from_millis(1500));
}

/// On a busy machine the client itself may be late with a ping. Then another attempt decides.
#[test]
fn a_client_that_sends_pings_stays_connected() {
    let emulator = play(world());
    let password = token(HUB, KEY);
    for _ in 0..10 {
        let tls = dial(&emulator, emulator.address(), HUB);
        let (mut client, code) = Mqtt::try_connect(tls, "dev-01", &user(HUB, "dev-01"), Some(&password), 1);
        assert_eq!(code, Some(Accepted));
        let (mut sent, mut is_late) = (Instant::now(), false);
        let stays = (0..20).all(|_| {
            std::thread::sleep(Duration::from_millis(150));
            is_late |= sent.elapsed() > Duration::from_millis(1200);
            sent = Instant::now();
            client.ping()
        });
        assert!(stays || is_late, "{:?}", emulator.journal());
        if stays {
            return;
        }
    }
}

#[test]
fn all_clients_can_be_disconnected_at_once() {
    let emulator = play(world());
    let (mut client, mut module) = (device(&emulator, "dev-01"), module(&emulator));
    assert_eq!(emulator.connections(), 2);
    assert_eq!(emulator.disconnect_all(), 2);
    assert_eq!((client.message(), module.message()), (None, None));
    assert_eq!(emulator.disconnect_all(), 0);
    assert!(device(&emulator, "dev-01").ping());
}

#[test]
fn a_world_has_a_clock_of_its_own() {
    let emulator = play(world().clock_offset(3600));
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    emulator.clock_offset(0);
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, Accepted);
    let emulator = play(World::from(
        format!("clock_offset = -86400\n[[hub]]\nhost_name = '{HUB}'\n[dps]\nid_scope = '0ne'")
            .parse::<defender_auth_emulator::Config>()
            .unwrap(),
    ));
    let date = https(&emulator, "GET /", HUB, "", "").header("Date").unwrap().to_owned();
    emulator.clock_offset(0);
    assert_ne!(https(&emulator, "GET /", HUB, "", "").header("Date").unwrap()[..16], date[..16]);
}

#[test]
fn orders_change_what_is_emulated() {
    let emulator = play(world().dps(Dps::new("0ne").enrollment(Enrollment::new("dev-01", KEY))));
    let order = |line: &str| emulator.order(line);
    let mut client = device(&emulator, "dev-01");
    order(&format!("disconnect {HUB} dev-01")).unwrap();
    assert_eq!(client.message(), None);
    assert!(order(&format!("disconnect {HUB} dev-01 m")).unwrap_err().to_string().contains("dev-01/m"));
    order(&format!("rotate-device-keys {HUB} dev-01 {OTHER} {OTHER}")).unwrap();
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    order(&format!("rotate-device-keys {HUB} dev-01 {KEY} {OTHER}")).unwrap();
    order(&format!("disable-device {HUB} dev-01")).unwrap();
    assert_eq!(try_device(&emulator, HUB, "dev-01", KEY).1, NotAuthorized);
    order(&format!("enable-device {HUB} dev-01")).unwrap();
    order(&format!("move-device {HUB} dev-01 {NEW_HUB}")).unwrap();
    assert_eq!(try_device(&emulator, NEW_HUB, "dev-01", KEY).1, Accepted);
    order("fault { operation = \"connect\", fault = \"connack\", code = 3, times = 2 }").unwrap();
    assert_eq!(try_device(&emulator, NEW_HUB, "dev-01", KEY).1, ServerUnavailable);
    order("forget-faults").unwrap();
    order("clock-offset 3600").unwrap();
    assert_eq!(try_device(&emulator, NEW_HUB, "dev-01", KEY).1, NotAuthorized);
    order(" clock-offset  0 ").unwrap();
    order(&format!("rotate-module-keys {NEW_HUB} dev-01 m {KEY} {KEY}")).unwrap();
    order(&format!("remove-module {NEW_HUB} dev-01 m")).unwrap();
    order(&format!("set-device-thumbprints {NEW_HUB} dev-01 {}", "AB".repeat(20))).unwrap();
    assert_eq!(try_device(&emulator, NEW_HUB, "dev-01", KEY).1, NotAuthorized);
    for line in
        ["disable-enrollment dev-01", "enable-enrollment dev-01", "move-enrollment dev-01 x.net", "disconnect-all"]
    {
        order(line).unwrap();
    }
    order(&format!("remove-device {NEW_HUB} dev-01")).unwrap();
    for (line, word) in [
        ("", "`disconnect-all`"),
        ("clock-offset soon", "seconds"),
        ("disable-device x.net dev-01", "device dev-01 at x.net"),
        ("fault connack", "[[fault]]"),
        ("rotate-device-keys c2VjcmV0", "`rotate-device-keys`"),
    ] {
        let error = order(line).unwrap_err().to_string();
        assert!(error.contains(word) && !error.contains("c2VjcmV0"), "{line}: {error}");
    }
}
