//! The files of `examples/ci`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

#[path = "support/outside.rs"]
mod outside;
mod support;

use defender_auth_emulator::{Config, World};
use outside::Root;
use std::{fs, path::PathBuf, process::Command};
use support::{HUB, play};

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/ci").join(name)
}

#[test]
fn the_program_has_the_options_that_the_image_gives_it() {
    let text = fs::read_to_string(example("Containerfile")).unwrap();
    let command = text.split_once("ENTRYPOINT ").unwrap().1.split_once(']').unwrap().0.replace("\\\n", "") + "]";
    let words: Vec<String> = serde_json::from_str(&command).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_defender-auth-emulator")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert_eq!(words[0], "defender-auth-emulator");
    let options: Vec<&String> = words.iter().filter(|word| word.starts_with("--")).collect();
    assert!(options.len() > 5, "{options:?}");
    for option in options {
        assert!(help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")), "{option}");
    }
}

#[test]
#[ignore = "needs mosquitto-clients, which `cargo xtask test` installs"]
fn the_agent_of_the_compose_file_logs_in() {
    let emulator = play(World::from(Config::read(&example("emulator.toml")).unwrap()));
    let root = Root::of(&emulator);
    let mut script = Command::new("/bin/sh");
    script.arg(example("log-in.sh")).env("HUB", "127.0.0.1").env("CA", &root.0);
    let output = script.env("PORT", emulator.address().port().to_string()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(emulator.message_count(HUB, "dev-01", None), 1);
}
