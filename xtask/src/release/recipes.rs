//! The recipe for Yocto and the port for vcpkg, with their checksums.

use super::archive::{self, SOURCE};
use crate::{
    run::{command, root},
    sbom::locked,
};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Fills in what is known only now, and packs each.
pub(super) fn recipes(folder: &Path) -> Result<(), String> {
    let source = folder.join(SOURCE);
    let values = [
        ("@md5-mit@", sum("md5sum", &root().join("LICENSE-MIT"))?),
        ("@md5-apache@", sum("md5sum", &root().join("LICENSE-APACHE"))?),
        ("@sha512@", sum("sha512sum", &source)?),
    ];
    let lock = read(&root().join("Cargo.lock"))?;
    for name in ["yocto", "vcpkg"] {
        let staging = super::staging(name)?;
        fill(&root().join("packaging").join(name), &staging, &values)?;
        if name == "yocto" {
            write(&staging.join("defender-auth-crates.inc"), &crates(&lock))?;
        }
        archive::pack(&staging, &folder.join(format!("defender-auth-{}-{name}.tar.gz", env!("CARGO_PKG_VERSION"))))?;
    }
    Ok(())
}

/// As the class `cargo-update-recipe-crates` writes it.
fn crates(lock: &str) -> String {
    let (mut sources, mut sums) = (String::from("SRC_URI += \" \\\n"), String::new());
    for (name, version, checksum) in locked(lock) {
        // Writing to a text does not fail.
        let _ = writeln!(sources, "    crate://crates.io/{name}/{version} \\");
        let _ = writeln!(sums, "SRC_URI[{name}-{version}.sha256sum] = \"{checksum}\"");
    }
    format!("{sources}\"\n\n{sums}")
}

/// A folder with the values in the place of their names.
fn fill(from: &Path, to: &Path, values: &[(&str, String)]) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for (name, _) in super::files(from)? {
        let (from, to): (PathBuf, PathBuf) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            fill(&from, &to, values)?;
        } else {
            write(&to, &values.iter().fold(read(&from)?, |text, (name, value)| text.replace(name, value)))?;
        }
    }
    Ok(())
}

fn sum(program: &str, file: &Path) -> Result<String, String> {
    let output = command(program, &[]).arg(file).output().map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let sum = text.split_whitespace().next().filter(|_| output.status.success());
    sum.map(str::to_owned).ok_or_else(|| format!("{}: {}", file.display(), String::from_utf8_lossy(&output.stderr)))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_the_lock_file_is_a_source_with_its_checksum() {
        let lock = read(&root().join("Cargo.lock")).unwrap();
        let text = crates(&lock);
        let registry = lock.lines().filter(|line| line.starts_with("checksum = ")).count();
        assert!(registry > 100);
        assert_eq!(text.matches("crate://crates.io/").count(), registry);
        assert_eq!(text.matches(".sha256sum] = \"").count(), registry);
    }

    #[test]
    fn the_version_of_the_recipe_and_of_the_port_is_this_one() {
        let version = env!("CARGO_PKG_VERSION");
        assert!(root().join(format!("packaging/yocto/defender-auth_{version}.bb")).is_file());
        let port = read(&root().join("packaging/vcpkg/defenderauth/vcpkg.json")).unwrap();
        let port: serde_json::Value = serde_json::from_str(&port).unwrap();
        assert_eq!(port["version-semver"], version);
    }

    /// Source: microsoft/vcpkg-tool:docs/vcpkg.schema.json, which permits no other member.
    #[test]
    fn the_port_has_members_of_vcpkg_s_schema_only() {
        let port = read(&root().join("packaging/vcpkg/defenderauth/vcpkg.json")).unwrap();
        let port: serde_json::Value = serde_json::from_str(&port).unwrap();
        let known = ["description", "homepage", "license", "name", "supports", "version-semver"];
        for (name, value) in port.as_object().unwrap() {
            assert!(known.contains(&name.as_str()) && value.is_string(), "{name}: {value}");
        }
    }
}
