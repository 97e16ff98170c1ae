//! The header: it compiles by itself as C and as C++, and agrees with the library.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use defender_auth::{identity::ModuleId, mqtt};
use defenderauth::DEFENDERAUTH_VERSION_NUMBER;
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

const HEADER: &str = include_str!("../../include/defenderauth.h");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../include");

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-pedantic", "-Wconversion", "-Werror"];

/// A program that uses the header twice, its macros, a function and a constant.
const PROGRAM: &str = r#"
#include <defenderauth.h>
#include <defenderauth.h>

int main(void)
{
    defenderauth_key *key = NULL;
    const char *version = DEFENDERAUTH_VERSION;
    defenderauth_result result = defenderauth_key_from_base64(DEFENDERAUTH_TEXT("a2V5"), &key, NULL);
    (void)defenderauth_key_from_base64(DEFENDERAUTH_TEXT(NULL), &key, NULL);
    defenderauth_key_free(key);
    return result == DEFENDERAUTH_OK && version[0] != '\0' ? 0 : 1;
}
"#;

fn compiled(compiler: &str, language: &str, standard: &str, program: &str) -> Output {
    let mut command = Command::new(compiler);
    command.args(["-x", language, &format!("-std={standard}"), "-I", FOLDER, "-I", EXAMPLES]).args(WARNINGS);
    // A check of the syntax alone does not give all warnings.
    command.args(["-c", "-o", "/dev/null", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// The name and value of each `#define`.
fn macros() -> Vec<(&'static str, &'static str)> {
    let defines = HEADER.lines().filter_map(|line| line.strip_prefix("#define "));
    defines.map(|define| define.split_once(' ').unwrap_or((define, ""))).collect()
}

fn text(name: &str) -> &'static str {
    let values = macros();
    let (_, value) = values.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("there is no {name}"));
    value.trim_matches('"')
}

#[test]
#[ignore = "needs gcc, g++ and clang"]
fn it_compiles_by_itself_without_a_warning() {
    // Without C99 clang has no `bool`.
    let c = [(("gcc", "c"), ["c90", "c99", "c11", "c17"]), (("clang", "c"), ["c99", "c11", "c17", "c2x"])];
    let cpp = [("g++", "c++"), ("clang++", "c++")].map(|compiler| (compiler, ["c++11", "c++14", "c++17", "c++20"]));
    for ((compiler, language), standards) in c.into_iter().chain(cpp) {
        for standard in standards {
            let output = compiled(compiler, language, standard, PROGRAM);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{compiler} -std={standard}: {said}");
        }
    }
}

#[test]
#[ignore = "needs gcc, g++ and clang"]
fn a_compiler_warns_about_an_ignored_result() {
    let dropped = PROGRAM.replace("defenderauth_result result =", "defenderauth_result result = 0;");
    assert_ne!(dropped, PROGRAM);
    let cases = [("gcc", "c", "c99"), ("clang", "c", "c11"), ("g++", "c++", "c++11"), ("clang++", "c++", "c++20")];
    for (compiler, language, standard) in cases {
        let output = compiled(compiler, language, standard, &dropped);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{compiler} -std={standard} printed no warning");
        assert!(said.contains("defenderauth_key_from_base64"), "{compiler} -std={standard}: {said}");
    }
}

#[test]
#[ignore = "needs gcc, g++, libcurl, libmosquitto and libssl"]
fn every_example_compiles_as_c_and_as_cpp() {
    let examples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap();
    let examples = examples.map(|example| example.unwrap().path());
    for example in examples.filter(|path| path.extension().is_some_and(|extension| extension == "c")) {
        let program = std::fs::read_to_string(&example).unwrap();
        let languages = [("gcc", "c", "c99"), ("gcc", "c", "c17"), ("g++", "c++", "c++11"), ("g++", "c++", "c++20")];
        for (compiler, language, standard) in languages {
            let output = compiled(compiler, language, standard, &program);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{} -std={standard}: {said}", example.display());
        }
    }
}

#[test]
fn everything_in_it_has_the_prefix() {
    for (name, _) in macros() {
        assert!(name.starts_with("DEFENDERAUTH_"), "{name}");
    }
    let types = HEADER.lines().filter(|line| line.starts_with("typedef ") || line.starts_with("} "));
    for line in types.filter(|line| line.ends_with(';')) {
        let pointer = line.split_once("(*").and_then(|(_, rest)| rest.split_once(')')).map(|(name, _)| name);
        let name = pointer.unwrap_or_else(|| line.trim_end_matches(';').rsplit(' ').next().unwrap());
        assert!(name.starts_with("defenderauth_"), "{line}: name it in ffi/cbindgen.toml");
    }
}

#[test]
fn its_version_is_the_librarys() {
    assert_eq!(text("DEFENDERAUTH_VERSION"), env!("CARGO_PKG_VERSION"));
    assert_eq!(text("DEFENDERAUTH_VERSION_NUMBER"), DEFENDERAUTH_VERSION_NUMBER.to_string());
    let parts = env!("CARGO_PKG_VERSION").split('.').map(|part| part.parse::<u32>().unwrap());
    assert_eq!(parts.fold(0, |number, part| number << 8 | part), DEFENDERAUTH_VERSION_NUMBER);
}

#[test]
fn its_mqtt_port_is_the_librarys() {
    assert_eq!(text("DEFENDERAUTH_MQTT_PORT"), mqtt::PORT.to_string());
}

#[test]
fn its_modules_are_the_librarys() {
    assert_eq!(text("DEFENDERAUTH_MODULE_AZURE_IOT_SECURITY"), ModuleId::azureiotsecurity().as_str());
    assert_eq!(text("DEFENDERAUTH_MODULE_MICRO_AGENT"), ModuleId::defender_iot_micro_agent().as_str());
}
