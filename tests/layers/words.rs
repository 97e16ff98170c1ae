//! The texts of each crate: no text that Windows prints names a program or a path of another system.

use super::{CRATES, crate_at};
use std::path::Path;

/// What only the texts for the other systems may have.
const OF_UNIX: [&str; 27] = [
    "/dev/t",
    "/dev/null",
    "/etc/",
    "/proc/",
    "/run/",
    "/sys/",
    "/usr/",
    "/var/",
    "ulimit",
    "chmod",
    "chown",
    "sudo",
    "systemctl",
    "systemd",
    "timedatectl",
    "getent",
    "namei",
    "findmnt",
    "dmesg",
    "fuser",
    "usermod",
    "tpm2_",
    "group tss",
    "SIGTERM",
    "SIGHUP",
    "base64 -d",
    "| grep",
];

/// What only the texts for Windows may have.
const OF_WINDOWS: [&str; 5] = ["icacls", "certutil", "w32tm", "tpmtool", "curl.exe"];

/// Files whose words of a system have another guard: those that are not built for Windows, or whose texts another test
/// reads for both systems.
const GUARDED: &[(&str, &str)] = &[
    ("", "adapters/file_read.rs"),
    ("", "adapters/local_signer/signer.rs"),
    ("", "adapters/tpm/endpoint.rs"),
    ("", "adapters/tpm/path.rs"),
    // Daemons that Windows does not have.
    ("", "error/daemon.rs"),
    // TPM Base Services, which Windows alone has.
    ("", "error/tpm/tbs.rs"),
    ("", "flow/identity_service/mod.rs"),
    // What each system is told: `cli/src/explain/windows.rs`, `cli/src/command/doctor/command.rs`.
    ("cli", "explain"),
    ("cli", "command/doctor/command.rs"),
    ("cli", "command/doctor/holders.rs"),
    ("cli", "command/doctor/rights.rs"),
    ("cli", "command/doctor/state.rs"),
    ("cli", "command/doctor/tls.rs"),
    ("cli", "command/login/client.rs"),
    ("cli", "command/stay/signals.rs"),
    ("cli", "daemon/options.rs"),
    ("emulator", "program/arguments.rs"),
    ("pkcs11", "module_file.rs"),
];

/// The crates whose texts users read.
const SPOKEN: [&str; 7] = ["", "cli", "emulator", "ffi", "mqtt", "pkcs11", "windows"];

/// The contents of the string literals of code without comments, each with where it begins.
fn literals(code: &str) -> Vec<(usize, &str)> {
    let bytes = code.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            // A character, or a lifetime.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => {
                at += 2 + code[at + 2..].find('\'').map_or(0, |end| end.max(1)) + 1;
            }
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 3,
            b'"' => {
                let hashes = code[..at].bytes().rev().take_while(|byte| *byte == b'#').count();
                let is_raw = code[..at - hashes].ends_with('r');
                let start = at + 1;
                let end = if is_raw {
                    let close = format!("\"{}", "#".repeat(hashes));
                    code[start..].find(&close).map_or(bytes.len(), |end| start + end)
                } else {
                    let mut end = start;
                    while end < bytes.len() && bytes[end] != b'"' {
                        end += if bytes[end] == b'\\' { 2 } else { 1 };
                    }
                    end.min(bytes.len())
                };
                found.push((start, &code[start..end]));
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// The foreign word in a text.
fn foreign<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    words.iter().copied().find(|word| text.contains(word))
}

#[test]
fn literals_are_found_in_code() {
    let code = r##"a("x\"y", '"', 'a', b"z"); fn f<'a>() { r#"raw "it" "# }"##;
    let texts: Vec<&str> = literals(code).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, [r#"x\"y"#, "z", "raw \"it\" "]);
}

#[test]
fn a_text_names_programs_and_paths_of_a_system_only_where_there_is_one_for_each() {
    assert!(SPOKEN.iter().all(|folder| CRATES.contains(folder)));
    let (mut pairs, mut texts, mut wrong) = (0, 0, Vec::new());
    for folder in SPOKEN {
        for source in crate_at(folder) {
            let path = source.path.to_str().unwrap().replace('\\', "/");
            let is_guarded = GUARDED.iter().any(|(of, name)| *of == folder && Path::new(&path).starts_with(name));
            // The first text after the start of a pair is for Unix, the second one for Windows.
            let starts = |of: &str| source.code.match_indices(of).map(|(at, _)| at).collect::<Vec<_>>();
            let starts = [starts("BySystem::new("), starts(".choose(")].concat();
            let mut place = (0, 0);
            for (at, text) in literals(&source.code) {
                let start = starts.iter().copied().filter(|start| *start < at).max().unwrap_or_default();
                place = if place.0 == start { (start, place.1 + 1) } else { (start, 0) };
                let is_pair = start > 0;
                texts += 1;
                let (unix, windows) = (foreign(text, &OF_UNIX), foreign(text, &OF_WINDOWS));
                let found = match (is_pair, place.1, is_guarded) {
                    (true, 0, _) => windows,
                    (true, 1, _) => {
                        pairs += 1;
                        unix
                    }
                    (_, _, true) => None,
                    _ => unix.or(windows),
                };
                wrong.extend(found.map(|word| format!("{folder}/{path} names {word}: {text}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(pairs >= 8 && texts > 5000, "{pairs} pairs, {texts} texts");
    for (folder, name) in GUARDED {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("src").join(name);
        assert!(place.exists(), "there is no {}", place.display());
    }
}
