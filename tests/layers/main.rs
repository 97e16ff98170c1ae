//! Folders are layers: a folder imports only what stands before it, no files import each other in a circle, and an
//! outside crate has one home.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod imports;
mod words;

use imports::{Source, circle, sources};
use std::{fs, path::Path};

/// The folders of `src`, the ground floor first.
const LAYERS: [&str; 12] = [
    "base",
    "identity",
    "key",
    "twin",
    "sas",
    "credential",
    "connection_string",
    "error",
    "flow",
    "mqtt",
    "session",
    "adapters",
];

/// What stands in `adapters`, in its order.
const ADAPTERS: [&str; 13] = [
    "http_types",
    "open_files",
    "file_read",
    "jitter",
    "proxy",
    "x509",
    "tls",
    "tpm",
    "local_signer",
    "private_key",
    "https",
    "agent",
    "store",
];

/// Every crate of the workspace.
const CRATES: [&str; 14] = [
    "",
    "cli",
    "emulator",
    "ffi",
    "fuzz",
    "fuzz/c_properties",
    "fuzz/properties",
    "lanes",
    "mqtt",
    "pkcs11",
    "signer",
    "tests/memory/operations",
    "windows",
    "xtask",
];

/// Outside crates and the only places that may name them.
const HOMES: [(&str, &[&str]); 27] = [
    ("base64", &["base/encode"]),
    ("defender_auth_signer", &["base/secret", "key", "sas"]),
    ("defender_auth_windows", &["adapters/file_read", "adapters/store", "adapters/tpm"]),
    ("hmac", &["key"]),
    ("sha2", &["key", "adapters/tpm"]),
    ("subtle", &["base/secret"]),
    ("zeroize", &["base/secret"]),
    ("serde", &["base/payload", "flow", "session", "twin", "adapters/agent"]),
    ("serde_json", &["base/payload", "flow", "session", "twin", "adapters/agent"]),
    ("roxmltree", &["adapters/agent"]),
    ("rustls", &["adapters/tls"]),
    ("ureq", &["adapters/https", "adapters/local_signer"]),
    ("socket2", &["adapters/https", "adapters/local_signer", "adapters/private_key"]),
    ("rustix", &["adapters/store"]),
    ("cbc", &["adapters/x509"]),
    ("des", &["adapters/x509"]),
    ("pem_rfc7468", &["adapters/x509"]),
    ("p256", &["adapters/x509"]),
    ("p384", &["adapters/x509"]),
    ("pkcs1", &["adapters/x509"]),
    ("pkcs8", &["adapters/x509"]),
    ("rc2", &["adapters/x509"]),
    // In `tls` it is rustls's name for it.
    ("ring", &["adapters/private_key", "adapters/tls", "adapters/x509"]),
    ("rustls_pki_types", &["adapters/x509"]),
    ("sec1", &["adapters/x509"]),
    ("webpki", &["adapters/x509"]),
    ("x509_parser", &["adapters/x509"]),
];

fn crate_at(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    // The fuzz targets have no `src`.
    let folder = if folder == "fuzz" { "fuzz_targets" } else { "src" };
    sources(&root.join(folder))
}

fn library() -> Vec<Source> {
    let found = crate_at("");
    assert!(found.len() > 100, "{} files", found.len());
    found
}

/// Where a module stands: its layer, and its place among the adapters.
fn rank(module: &[String]) -> (usize, usize) {
    let place = |order: &[&str], name: &String| {
        order.iter().position(|known| known == name).unwrap_or_else(|| panic!("{} is in no layer", module.join("/")))
    };
    let layer = place(&LAYERS, module.first().expect("a module"));
    match module.get(1) {
        Some(adapter) if LAYERS[layer] == "adapters" => (layer, place(&ADAPTERS, adapter)),
        _ => (layer, 0),
    }
}

#[test]
fn groups_of_imports_are_read() {
    let code = "use crate::{\n a::{B, c::D},\n e,\n};\nuse super::{self, f::G as H}; crate::i()\nuse j::K;";
    let source = Source { path: "m/n.rs".into(), module: vec!["m".into(), "n".into()], code: code.into() };
    let read: Vec<String> = source.imports().iter().map(|path| path.join("/")).collect();
    let expected = ["a/B", "a/c/D", "e", "i", "m", "m/f/G"];
    assert_eq!(read[..6], expected);
    assert_eq!(read.last().unwrap(), "m/n/j/K", "what begins with neither may be a module of its own");
}

#[test]
fn a_circle_of_files_is_found() {
    let file = |path: &str, code: &str| Source {
        path: path.into(),
        module: path.trim_end_matches(".rs").trim_end_matches("/mod").split('/').map(String::from).collect(),
        code: code.into(),
    };
    let page = || file("a/mod.rs", "mod b;\nuse b::B;");
    assert_eq!(circle(&[page(), file("a/b.rs", "use super::A;"), file("c.rs", "use crate::a::B;")]), None);
    let round = circle(&[page(), file("a/b.rs", "use crate::c::C;"), file("c.rs", "use crate::a::B;")]);
    assert_eq!(round.unwrap(), ["a/mod.rs", "a/b.rs", "c.rs"]);
}

#[test]
fn no_folder_imports_from_one_that_stands_behind_it() {
    let mut checked = 0;
    for source in library().iter().filter(|source| source.module.len() > 1 || source.layer() != Some("adapters")) {
        let Some(_) = source.layer() else { continue };
        for import in source.imports().iter().filter(|path| !path.starts_with(&source.module)) {
            let of = source.path.display();
            assert!(rank(import) <= rank(&source.module), "{of} imports {}", import.join("::"));
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked} imports");
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    for folder in CRATES {
        let sources = crate_at(folder);
        assert!(!sources.is_empty(), "{folder} has no source");
        let circle = circle(&sources);
        assert!(circle.is_none(), "{folder}: {}", circle.unwrap().join(" -> "));
    }
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
            let path = source.module.join("/");
            assert!(!named || homes.iter().any(|home| path.starts_with(home)), "{path} names {name}");
            seen += usize::from(named);
        }
    }
    assert!(seen >= HOMES.len(), "{seen} uses");
}

#[test]
fn the_core_asks_the_system_for_nothing() {
    for source in library().iter().filter(|source| source.layer().is_some_and(|layer| layer != "adapters")) {
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
            assert!(!source.code.contains(word), "{} has {word}", source.path.display());
        }
    }
}

#[test]
fn the_emulator_does_not_know_the_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("emulator");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let dependencies = manifest.split_once("[dependencies]").unwrap().1;
    // Calls of Windows know no protocol.
    let dependencies = dependencies.replace("defender-auth-windows", "");
    assert!(!dependencies.contains("defender-auth"), "{dependencies}");
}

/// The longest that a file may be before its tests, in lines: a file is one idea.
const LINES: usize = 300;

#[test]
fn no_file_is_longer_than_one_idea() {
    for folder in CRATES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let below = if folder == "fuzz" { "fuzz_targets" } else { "src" };
        for source in crate_at(folder) {
            let text = fs::read_to_string(root.join(below).join(&source.path)).unwrap();
            let lines = text.split("#[cfg(test)]\nmod ").next().unwrap().lines().count();
            assert!(lines <= LINES, "{folder}/{}: {lines} lines before its tests", source.path.display());
        }
    }
}
