//! What is in each file of the release, as `CycloneDX`, and whether that is valid.

use crate::{dist, run::run, sbom, tools};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The library that brings the schemas of `CycloneDX`.
const SCHEMAS: &str = "cyclonedx-python-lib[json-validation]==11.12.0";

/// Ends with a message for the first document that does not follow the schema.
const VALIDATE: &str = "\
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

for name in sys.argv[1:]:
    with open(name, encoding='utf-8') as document:
        error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(document.read())
    if error is not None:
        sys.exit(f'{name}: {error}')
";

/// The packages, the names of their documents, and how the packages are built.
const PARTS: [(&str, &str, &[&str]); 5] = [
    ("defender-auth-ffi", "libdefenderauth", &[]),
    ("defender-auth-cli", "defenderauth", &["--no-default-features", "--target", "x86_64-unknown-linux-musl"]),
    ("defender-auth-ffi", "libdefenderauth-windows", &["--target", dist::WINDOWS]),
    ("defender-auth-cli", "defenderauth-windows", &["--target", dist::WINDOWS]),
    ("defender-auth-emulator", "defender-auth-emulator-windows", &["--target", dist::WINDOWS]),
];

pub(super) fn components(folder: &Path) -> Result<(), String> {
    let mut documents = Vec::new();
    for (package, name, options) in PARTS {
        let path = folder.join(format!("{name}-{}.cdx.json", env!("CARGO_PKG_VERSION")));
        let document = sbom::sbom(package, "normal,build", options)?;
        fs::write(&path, document).map_err(|error| format!("{}: {error}", path.display()))?;
        documents.push(path);
    }
    valid(&documents)
}

/// Fails if a document does not follow the schema.
fn valid(documents: &[PathBuf]) -> Result<(), String> {
    let python = tools::python("cyclonedx", "cyclonedx.validation.json, jsonschema", SCHEMAS)?;
    let mut validate = Command::new(python);
    validate.args(["-c", VALIDATE]).args(documents);
    run(validate)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    #[ignore = "needs python3 and the network"]
    fn documents_are_held_against_the_schema() {
        let folder = std::env::temp_dir().join(format!("defender-auth-cdx-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let made = components(&folder);
        let wrong = folder.join("wrong.json");
        fs::write(&wrong, r#"{"bomFormat":"CycloneDX","specVersion":"1.5","version":0}"#).unwrap();
        let refused = valid(&[wrong]);
        fs::remove_dir_all(&folder).unwrap();
        made.unwrap();
        refused.unwrap_err();
    }
}
