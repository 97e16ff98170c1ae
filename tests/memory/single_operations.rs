//! Each operation on a key alone, in a process that does nothing after it: later calls would overwrite what it left on
//! the stack.

use crate::{
    agent::EXPIRY,
    answers::{HUB, ID},
    forms::{Secret, random},
    process::Agent,
    scan::scan,
    scratch::Scratch,
    symmetric::{SCOPE, sign, token_of},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    SharedAccessKey,
    sas::{Resource, SasToken},
};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

const LONG_RESOURCE: &str = "contoso.azure-devices.net/devices/dev-01/modules/azureiotsecurity";

pub(crate) fn in_debug() {
    nothing_is_left(&program(&[], "debug"));
}

pub(crate) fn in_release() {
    nothing_is_left(&program(&["--release"], "release"));
}

/// As the C library is built: small, but for what makes tokens.
pub(crate) fn in_dist() {
    nothing_is_left(&program(&["--profile", "dist"], "dist"));
}

/// Built with the features that it names and no others, which the profile's optimiser sees as one program.
fn program(arguments: &[&str], folder: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--package", "defender-auth-memory-operations", "--target-dir"]).arg(target);
    let output = cargo.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join(folder).join("defender-auth-memory-operations")
}

fn nothing_is_left(program: &Path) {
    let folder = Scratch::new();
    let (key, long_key) = (random(), [random(), random(), random()].concat());
    let resource = format!("{HUB}/devices/{ID}");
    let token =
        SasToken::sign(&SharedAccessKey::from_bytes(&key).unwrap(), &Resource::from_plain(&resource).unwrap(), EXPIRY);
    folder.write("key", key);
    folder.write("long-key", &long_key);
    folder.write("key.txt", STANDARD.encode(key));
    folder.write("broken.txt", STANDARD.encode(key) + "!");
    folder.write("token.txt", token.expose());
    folder.write("signature", token_signature(&key, &resource));
    folder.write(
        "connection_string.txt",
        format!("HostName={HUB};DeviceId={ID};SharedAccessKey={}", STANDARD.encode(key)),
    );
    let long_text = LONG_RESOURCE.replace('/', "%2F");
    let secrets = [
        Secret::key("key", &key),
        Secret::key("long key", &long_key),
        Secret::key("derived key", &sign(&key, ID)),
        Secret::key("key derived from long key", &sign(&long_key, ID)),
        Secret::state_after("state of long resource", &key, long_text.as_bytes()),
        token_of("token", &key, &resource),
        token_of("token of long key", &long_key, &resource),
        token_of("token of long resource", &key, LONG_RESOURCE),
        token_of("token of two blocks", &key, &format!("{HUB}/devices/device-0001")),
        token_of("registration token", &key, &format!("{SCOPE}/registrations/{ID}")),
    ];
    let mut left = Vec::new();
    for operation in operations(program) {
        let agent = Agent::run(Command::new(program).args([operation.as_str(), &folder.folder()]));
        let found = scan(agent.id(), &secrets);
        left.extend(found.into_iter().map(|found| format!("{operation}: {found:?}")));
    }
    assert!(left.is_empty(), "{}:\n{}", program.display(), left.join("\n"));
}

fn token_signature(key: &[u8], resource: &str) -> Vec<u8> {
    sign(key, &format!("{}\n{}", resource.replace('/', "%2F"), EXPIRY.as_secs()))
}

fn operations(program: &Path) -> Vec<String> {
    let list = Command::new(program).arg("list").output().unwrap().stdout;
    let names: Vec<String> = String::from_utf8(list).unwrap().lines().map(String::from).collect();
    assert!(names.len() > 30, "{names:?}");
    names
}
