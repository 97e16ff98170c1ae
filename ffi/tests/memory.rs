//! A process that used the C library and freed all objects has no secret left in its memory. All of them were there before.

#![cfg(all(feature = "full", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../../tests/memory/answers.rs"]
mod answers;
#[path = "support/compiled.rs"]
mod compiled;
#[path = "../../tests/support/ended.rs"]
mod ended;
#[path = "../../tests/memory/forms.rs"]
#[allow(dead_code, reason = "the library's own test uses the rest")]
mod forms;
#[path = "../../tests/memory/pem.rs"]
#[allow(dead_code, reason = "the library's own test uses the rest")]
mod pem;
#[path = "../../tests/memory/scan.rs"]
mod scan;
#[path = "../../tests/support/scratch.rs"]
mod scratch;

use answers::{HUB, ID};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use compiled::Bench;
use ended::Ended;
use forms::{Secret, random};
use scan::scan;
use std::{
    io::{Read as _, Write as _},
    process::Stdio,
    slice,
};

/// Binds functions at start: the loader saves all registers on the stack when it binds one at its first call.
const NOW: &str = "-Wl,-z,now";

/// The program `remains`.
struct Process(Ended);

impl Process {
    /// Its next word must be this one.
    fn sends(&mut self, word: u8) {
        let mut said = [0];
        let heard = self.0.0.stdout.as_mut().unwrap().read(&mut said).unwrap();
        assert_eq!(&said[..heard], [word], "the program failed");
    }

    fn proceed(&mut self) {
        self.0.0.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }
}

#[track_caller]
fn nothing_is_left(process: &Process, secrets: &[Secret]) {
    let left = scan(process.0.0.id(), secrets);
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
#[ignore = "needs a C compiler"]
fn no_secret_is_left_when_all_objects_are_freed() {
    let bench = Bench::new();
    let program = bench.build("remains", &["tests/c/remains.c"], &["-DDATA=\"\"", NOW]);
    let [key, string, group, module, second, payload, configured] = [(); 7].map(|()| random());
    let folder = &bench.scratch;
    let text = |bytes: &[u8; 32]| STANDARD.encode(bytes);
    folder.write("key", text(&key));
    folder.write("broken", text(&key) + "!");
    folder.write("string", format!("HostName={HUB};DeviceId={ID};SharedAccessKey={}", text(&string)));
    folder.write("group", text(&group));
    folder.write("payload", format!(r#"{{"proof":"{}"}}"#, text(&payload)));
    folder.write("module.json", answers::module(&module, &second));
    folder.write("assigned.json", answers::assigned(&payload));
    folder.write("configured", text(&configured));
    folder.write("LocalConfiguration.json", answers::configuration("configured"));
    for name in ["p256.certificate.pem", "p256.pkcs8.pem", "p256.encrypted.pem"] {
        folder.write(name, pem::data(name));
    }
    let held = [
        Secret::key("key", &key),
        Secret::key("key of the connection string", &string),
        Secret::key("derived key", &derived(&group)),
        Secret::key("module's key", &module),
        Secret::key("module's second key", &second),
        Secret::other("payload", &payload),
        Secret::key("key of the configuration", &configured),
        pem::p256(),
    ];
    let gone = [Secret::key("group's key", &group)];

    let mut command = bench.command(&program);
    let mut process =
        Process(Ended(command.arg(folder.folder()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()));
    process.sends(b'h');
    for secret in &held {
        assert!(!scan(process.0.0.id(), slice::from_ref(secret)).is_empty(), "{} is not held", secret.name);
    }
    nothing_is_left(&process, &gone);
    process.proceed();
    process.sends(b'f');
    nothing_is_left(&process, &held);
    nothing_is_left(&process, &gone);
    process.proceed();
    assert!(process.0.0.wait().unwrap().success());
}

fn derived(group: &[u8]) -> Vec<u8> {
    let group = defender_auth::SharedAccessKey::from_bytes(group).unwrap();
    group.sign(b"dev-01").as_bytes().to_vec()
}
