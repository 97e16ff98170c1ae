//! What a build consists of, as `CycloneDX`: every crate with its version, licence and checksum.
//!
//! Made from the lock file and the tree of dependencies, without times and random numbers, so that it is the same for the same
//! build. Source of the format: `CycloneDX` 1.5, JSON.

use crate::run::{cargo, root};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fs};

/// Of a package with these features, on this target. `edges` are the kinds of dependencies that are followed.
pub(crate) fn sbom(package: &str, edges: &str, options: &[&str]) -> Result<String, String> {
    let mut tree = cargo(&["tree", "--locked", "--package", package, "--edges", edges, "--prefix", "none"]);
    tree.args(["--no-dedupe", "--format", "{p}\t{l}"]).args(options);
    let output = tree.output().map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let lock = fs::read_to_string(root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    document(package, &String::from_utf8_lossy(&output.stdout), &lock)
}

fn document(package: &str, tree: &str, lock: &str) -> Result<String, String> {
    // The first line is the package itself.
    let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    let itself = lines.iter().find(|line| line.split(' ').next() == Some(package));
    let itself = itself.ok_or_else(|| format!("cargo tree does not show {package}"))?;
    let components = lines.iter().filter(|line| *line != itself);
    let components = components.map(|line| component(line, "library", lock)).collect::<Result<Vec<_>, _>>()?;
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component(itself, "application", lock)? },
        "components": components,
    });
    Ok(format!("{document:#}\n"))
}

/// From a line such as `base64 v0.23.0<TAB>MIT OR Apache-2.0`.
fn component(line: &str, kind: &str, lock: &str) -> Result<Value, String> {
    let parts = || {
        let (package, license) = line.split_once('\t')?;
        let mut words = package.split(' ');
        Some((words.next()?, words.next()?.strip_prefix('v')?, license))
    };
    let (name, version, license) = parts().ok_or_else(|| format!("cargo tree: {line}"))?;
    let reference = format!("pkg:cargo/{name}@{version}");
    let mut component = Map::new();
    for (field, value) in
        [("type", kind), ("bom-ref", &reference), ("name", name), ("version", version), ("purl", &reference)]
    {
        component.insert(field.into(), value.into());
    }
    // Older manifests separate them with a slash.
    let license = license.replace('/', " OR ");
    if !license.is_empty() {
        component.insert("licenses".into(), json!([{ "expression": license }]));
    }
    // A crate of this workspace has none.
    if let Some(checksum) = checksum(lock, name, version) {
        component.insert("hashes".into(), json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    Ok(component.into())
}

/// The crates of a lock file that come from a registry: name, version, SHA-256.
pub(crate) fn locked(lock: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    lock.split("[[package]]").filter_map(|package| {
        let value = |name: &str| {
            let mut lines = package.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
            lines.next()?.strip_suffix('"')
        };
        Some((value("name")?, value("version")?, value("checksum")?))
    })
}

fn checksum<'a>(lock: &'a str, name: &str, version: &str) -> Option<&'a str> {
    locked(lock).find(|(its_name, its_version, _)| (*its_name, *its_version) == (name, version)).map(|it| it.2)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"base64\"\nversion = \"0.23.0\"\nsource = \"registry\"\n\
                        checksum = \"00ff\"\n\n[[package]]\nname = \"own\"\nversion = \"0.2.0\"\ndependencies = [\n \"base64\",\n]\n";

    #[test]
    fn a_component_has_its_version_licence_and_checksum() {
        let tree = "own v0.2.0 (/a folder)\tMIT OR Apache-2.0\nbase64 v0.23.0\tMIT/Apache-2.0\nbase64 v0.23.0\tMIT/Apache-2.0\n";
        let document: Value = serde_json::from_str(&document("own", tree, LOCK).unwrap()).unwrap();
        assert_eq!(document["metadata"]["component"]["purl"], "pkg:cargo/own@0.2.0");
        assert_eq!(document["metadata"]["component"]["hashes"], Value::Null);
        let components = document["components"].as_array().unwrap();
        assert_eq!(components.len(), 1);
        assert_eq!(components[0]["hashes"][0]["content"], "00ff");
        assert_eq!(components[0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert!(!document.to_string().contains("a folder"));
    }

    /// Source: the JSON schema of `CycloneDX` 1.5, what it requires of each object that is written here.
    #[test]
    fn the_command_s_own_document_has_what_the_schema_requires() {
        let document: Value =
            serde_json::from_str(&sbom("defender-auth-cli", "normal,build", &["--all-features"]).unwrap()).unwrap();
        assert_eq!(document["bomFormat"], "CycloneDX");
        assert_eq!(document["specVersion"], "1.5");
        assert!(document["version"].as_u64().unwrap() >= 1);
        assert_eq!(document["metadata"]["component"]["type"], "application");

        let components = document["components"].as_array().unwrap();
        assert!(components.len() > 10);
        let mut references = BTreeSet::new();
        for component in components.iter().chain([&document["metadata"]["component"]]) {
            let text = |field: &str| component[field].as_str().filter(|text| !text.is_empty()).unwrap();
            assert!(["application", "library"].contains(&text("type")), "{component}");
            assert_eq!(text("purl"), format!("pkg:cargo/{}@{}", text("name"), text("version")));
            assert!(references.insert(text("bom-ref")), "a reference is of one component only: {component}");
            // One expression, and nothing beside it.
            let licenses = component["licenses"].as_array().unwrap();
            assert_eq!(licenses.len(), 1, "{component}");
            assert!(licenses[0]["expression"].is_string() && licenses[0].as_object().unwrap().len() == 1);
            for hash in component.get("hashes").and_then(Value::as_array).into_iter().flatten() {
                assert_eq!(hash["alg"], "SHA-256");
                let content = hash["content"].as_str().unwrap();
                assert!(content.len() == 64 && content.bytes().all(|byte| byte.is_ascii_hexdigit()), "{component}");
            }
        }
    }

    #[test]
    fn what_cargo_did_not_print_is_an_error() {
        assert!(document("own", "", LOCK).is_err());
        assert!(document("own", "own v0.2.0", LOCK).is_err());
    }
}
