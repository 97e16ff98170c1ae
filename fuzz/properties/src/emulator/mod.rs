//! The emulator's front doors: one HTTP connection, one MQTT connection, its configuration file.

mod http;
mod mqtt;

use defender_auth_emulator::{
    Config, Device, Dps, Enrollment, Entry, Group, Hub, Module, World,
    rehearsal::{Door, Rehearsal},
};
use std::sync::OnceLock;

/// What the emulator knows; the keys of the seeds are its.
const KEY: &str = "AwoRGB8mLTQ7QklQV15lbA==";
const OTHER: &str = "QEFCQ0RFRkdISUpLTE1OTw==";

/// The first byte says which door, the second how the rest is cut into pieces.
pub fn check(data: &[u8]) {
    let [door, piece, sent @ ..] = data else { return };
    let piece = if *piece == b' ' { usize::MAX } else { usize::from(*piece) };
    match door {
        b'h' => {
            let whole = http::statuses(sent, &play(Door::Https, sent, usize::MAX));
            assert_eq!(http::statuses(sent, &play(Door::Https, sent, piece)), whole, "pieces make no difference");
        }
        b'm' => {
            let whole = mqtt::packets(&play(Door::Mqtt, sent, usize::MAX));
            assert_eq!(mqtt::packets(&play(Door::Mqtt, sent, piece)), whole, "pieces make no difference");
        }
        _ => config(sent),
    }
}

fn play(door: Door, sent: &[u8], piece: usize) -> Rehearsal {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(|| {
        let module = Module::new("m", OTHER);
        let hub = Hub::new("h.net").device(Device::new("d", KEY).module(module)).policy("device", OTHER);
        let dps = Dps::new("0ne").group(Group::new("fleet", OTHER).pending(1)).enrollment(Enrollment::new("one", KEY));
        let new = Hub::new("v5.net").connection_profile(Hub::MQTT_V5).device(Device::new("d", KEY));
        World::new().hub(hub).hub(new).dps(dps)
    });
    let rehearsal = Rehearsal::of(world.clone(), door, sent, piece).expect("a good world");
    // Who wants to be provisioned over MQTT is let in, and judged at each request.
    let is_let_in = door == Door::Mqtt && rehearsal.answer.starts_with(&[0x20, 2, 0, 0]);
    assert!(is_let_in || !rehearsal.journal.is_empty(), "the journal says why");
    rehearsal.journal.iter().for_each(|line| entry(line, sent));
    rehearsal
}

/// An entry is one line that shows no key, unless a client sent it as a name.
fn entry(entry: &Entry, sent: &[u8]) {
    let line = entry.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
    for key in [KEY, OTHER] {
        assert!(!line.contains(key) || String::from_utf8_lossy(sent).contains(key), "{line}");
    }
}

/// A file is played or refused, in words that show no key.
fn config(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    let played = Config::parse(text).and_then(|config| {
        let world = World::from(config);
        Rehearsal::of(world.clone(), Door::Https, b"GET /devices/d/modules/m HTTP/1.1\r\nhost: h.net\r\n\r\n", 99)?;
        Rehearsal::of(world, Door::Mqtt, mqtt::CONNECT, 99)
    });
    match played {
        Ok(rehearsal) => rehearsal.journal.iter().for_each(|line| entry(line, &[])),
        Err(error) => {
            let words = error.to_string();
            // A key that is given as a name is shown as one.
            let is_a_name = text.lines().any(|line| line.contains(KEY) && !line.contains("key"));
            assert!(is_a_name || !words.contains(KEY), "{words}");
        }
    }
}
