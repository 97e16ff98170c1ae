//! The crates as they are published: each is packed, and builds from the packages alone.

use crate::run::{cargo, root, run, target};
use std::{fs, process::Command};

/// In the order in which they are published: each after those that it depends on.
pub(crate) const CRATES: [&str; 8] = [
    "defender-auth-lanes",
    "defender-auth-signer",
    "defender-auth-windows",
    "defender-auth",
    "defender-auth-pkcs11",
    "defender-auth-mqtt",
    "defender-auth-emulator",
    "defender-auth-cli",
];

/// The largest package, in bytes. One that is larger contains what does not belong there.
const LIMIT: u64 = 700_000;

/// Packs and builds all of them. With `--list`, packs them without building, and prints what is in them.
pub(crate) fn package(options: &[String]) -> Result<(), String> {
    let is_list = match options {
        [] => false,
        [option] if option == "--list" => true,
        _ => return Err("usage: cargo xtask package [--list]".into()),
    };
    let mut package = all("package");
    // What is packed is the tree as it is, also before it is committed.
    package.arg("--allow-dirty");
    package.args(is_list.then_some("--no-verify"));
    run(package)?;
    let folder = target().join("package");
    for name in CRATES {
        let file = folder.join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION")));
        let size = fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?.len();
        println!("{}: {size} bytes", file.display());
        if size > LIMIT {
            return Err(format!(
                "{name}: its package has {size} bytes, more than {LIMIT}; see `include` in its manifest"
            ));
        }
        if is_list {
            run(cargo(&["package", "--list", "--allow-dirty", "--package", name]))?;
        }
    }
    if !has_repository()? {
        println!("the manifests have no `repository`: set it in [workspace.package] before publishing (RELEASING.md)");
    }
    Ok(())
}

/// A command of cargo for all of them at once, so that each finds the others although none is published.
fn all(command: &str) -> Command {
    let mut all = cargo(&[command, "--locked"]);
    all.args(CRATES.iter().flat_map(|name| ["--package", name]));
    all
}

fn has_repository() -> Result<bool, String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}"))?;
    Ok(manifest.lines().any(|line| line.starts_with("repository = ")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// The lines of a manifest between this heading and the next.
    fn section<'a>(manifest: &'a str, heading: &str) -> impl Iterator<Item = &'a str> {
        let begin = manifest.lines().skip_while(move |line| *line != heading).skip(1);
        begin.take_while(|line| !line.starts_with('[')).collect::<Vec<_>>().into_iter()
    }

    /// The crates of this workspace that a section names, and what it says of each.
    fn own<'a>(manifest: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
        let lines = section(manifest, heading).filter_map(|line| line.split_once(" = "));
        lines.filter(|(name, _)| name.starts_with("defender-auth")).collect()
    }

    fn manifest(name: &str) -> String {
        let folder = name.strip_prefix("defender-auth-").unwrap_or_default();
        fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap()
    }

    #[test]
    fn each_crate_is_published_after_those_that_it_depends_on() {
        for (place, name) in CRATES.iter().enumerate() {
            let manifest = manifest(name);
            assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
            for (needed, _) in own(&manifest, "[dependencies]") {
                let earlier = CRATES.iter().position(|it| *it == needed);
                assert!(
                    earlier.is_some_and(|earlier| earlier < place),
                    "{name} needs {needed}, which is published later"
                );
            }
        }
    }

    #[test]
    fn a_package_has_its_licenses_and_not_its_tests() {
        for name in CRATES {
            let manifest = manifest(name);
            assert!(!section(&manifest, "[package]").any(|line| line.starts_with("publish")), "{name}");
            let include = section(&manifest, "[package]").find(|line| line.starts_with("include = "));
            let include = include.unwrap_or_else(|| panic!("{name} has no list of what is packed"));
            assert!(include.contains("\"/LICENSE-*\"") && !include.contains("tests"), "{name}: {include}");
        }
    }

    #[test]
    fn what_only_tests_need_has_no_version_that_would_have_to_be_published_first() {
        for name in CRATES {
            for (needed, how) in own(&manifest(name), "[dev-dependencies]") {
                assert!(how.contains("path = ") && !how.contains("version"), "{name}: {needed} = {how}");
            }
        }
    }
}
