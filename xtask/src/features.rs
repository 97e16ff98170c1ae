//! The library with every feature alone, and with none: a feature adds, and needs no other that it does not name.

use crate::run::{cargo, root, run};

/// Lints each of these builds.
pub(crate) fn check() -> Result<(), String> {
    lint(&[])?;
    let manifest =
        std::fs::read_to_string(root().join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}"))?;
    let features = names(&manifest).ok_or("Cargo.toml has no features")?;
    for feature in features {
        lint(&["--features", feature])?;
    }
    Ok(())
}

fn lint(features: &[&str]) -> Result<(), String> {
    let build = [&["clippy", "--package", "defender-auth", "--lib", "--no-default-features"], features].concat();
    run(cargo(&[build.as_slice(), &["--", "--deny", "warnings"]].concat()))
}

/// The names in a manifest's table of features, but for `default`.
fn names(manifest: &str) -> Option<Vec<&str>> {
    let (_, table) = manifest.split_once("\n[features]\n")?;
    let table = table.split("\n[").next()?;
    let named = table.lines().filter_map(|line| line.split_once(" = [").map(|(name, _)| name));
    Some(named.filter(|name| *name != "default").collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_feature_of_the_manifest_is_named() {
        let manifest = "[package]\n\n[features]\ndefault = [\"a\"]\n# Text.\na = []\nb = [\n    \"a\",\n]\n\n[dependencies]\nc = []\n";
        assert_eq!(super::names(manifest).unwrap(), ["a", "b"]);
        assert_eq!(super::names("[package]"), None);
    }
}
