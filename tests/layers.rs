//! Who may import whom: a module imports only what stands in an earlier layer, and an outside crate has one home.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path};

/// The layers of the library, the ground floor first. Modules of one layer do not know each other. `lib` is the crate
/// page, which shows them all.
const LAYERS: [&[&str]; 21] = [
    &["time", "secret", "encode"],
    &["identity", "retry"],
    &["key", "certificate", "payload"],
    &["sas"],
    &["credential"],
    &["connection_string"],
    &["outcome"],
    &["twin"],
    &["error"],
    &["http"],
    &["mqtt", "flow"],
    &["dps", "device_mode"],
    &["plan"],
    &["authenticator"],
    // Adapters: they touch the world or a heavy dependency, and nothing below imports them.
    &["open_files"],
    &["x509"],
    &["tls"],
    &["tpm"],
    &["https"],
    &["agent"],
    &["lib"],
];

/// Modules of one layer that may import from another of the same layer, in this direction.
const NEIGHBOURS: [(&str, &str); 2] = [("encode", "secret"), ("retry", "time")];

/// Outside crates and the only modules that may name them.
const HOMES: [(&str, &[&str]); 22] = [
    ("base64", &["encode"]),
    ("hmac", &["key"]),
    ("sha2", &["key", "sas", "tpm"]),
    ("subtle", &["secret"]),
    ("zeroize", &["secret"]),
    ("serde", &["agent", "payload", "dps", "device_mode", "twin"]),
    ("serde_json", &["agent", "payload", "flow", "dps", "device_mode", "twin"]),
    ("roxmltree", &["agent"]),
    ("rustls", &["tls"]),
    ("ureq", &["https"]),
    ("socket2", &["https"]),
    ("cbc", &["x509"]),
    ("des", &["x509"]),
    ("pem_rfc7468", &["x509"]),
    ("pkcs1", &["x509"]),
    ("pkcs8", &["x509"]),
    ("rc2", &["x509"]),
    // In `tls` it is rustls's name for it.
    ("ring", &["tls", "x509"]),
    ("rustls_pki_types", &["x509"]),
    ("sec1", &["x509"]),
    ("webpki", &["x509"]),
    ("x509_parser", &["x509"]),
];

struct Source {
    module: String,
    path: String,
    /// Without comments, and without what is compiled for tests only.
    code: String,
}

fn sources(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, found);
            continue;
        }
        if entry.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let relative = entry.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let text = fs::read_to_string(&entry).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        found.push(Source { module: first.trim_end_matches(".rs").into(), path: relative.display().to_string(), code });
    }
}

fn library() -> Vec<Source> {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 25, "{} files", found.len());
    found
}

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&module)).unwrap_or_else(|| panic!("{module} has no layer"))
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    text.split_at(end).0
}

/// The modules that a text names behind `crate::`, alone or in a group.
fn imports(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0, Some(0));
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = Some(i + 1),
                // The first letter of a member; the rest of it is part of the word.
                c if depth == 0 && c.is_alphabetic() => found.extend(start.take().map(|_| word(&group[i..]))),
                _ => {}
            }
        }
    }
    found
}

#[test]
fn groups_of_imports_are_read() {
    let code = "use crate::{\n a::{B, c::D},\n e,\n f::G,\n};\nuse crate::h::I; crate::j()";
    assert_eq!(imports(code), ["a", "e", "f", "h", "j"]);
}

#[test]
fn no_arrow_points_upward() {
    let mut checked = 0;
    for source in library().iter().filter(|source| source.module != "lib") {
        for import in imports(&source.code) {
            let below = layer(import) < layer(&source.module);
            let neighbour = NEIGHBOURS.contains(&(source.module.as_str(), import));
            assert!(below || neighbour || import == source.module, "{} imports {import}", source.path);
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked} imports");
}

#[test]
fn every_outside_crate_has_one_home() {
    let mut seen = 0;
    for source in library() {
        for (name, homes) in HOMES {
            let named = source
                .code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':')));
            assert!(!named || homes.contains(&source.module.as_str()), "{} names {name}", source.path);
            seen += usize::from(named);
        }
    }
    assert!(seen >= HOMES.len(), "{seen} uses");
}

#[test]
fn the_core_asks_nobody_for_anything() {
    let adapters = ["agent", "tls", "tpm", "https", "open_files", "x509", "lib"];
    for source in library().iter().filter(|source| !adapters.contains(&source.module.as_str())) {
        for word in [
            "std::fs",
            "std::io",
            "std::net",
            "std::env",
            "std::thread",
            "::now()",
            "println!",
            "\nstatic ",
            "\npub static ",
        ] {
            assert!(!source.code.contains(word), "{} has {word}", source.path);
        }
    }
}

#[test]
fn the_emulator_does_not_know_the_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let dependencies = manifest.split_once("[dependencies]").unwrap().1;
    assert!(!dependencies.contains("defender-auth"), "{dependencies}");
}
