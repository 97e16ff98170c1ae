//! The crates that the shared library was built from, in the library itself, so that `cargo audit bin` can look for their known
//! vulnerabilities. Programs have the same from cargo-auditable, which adds it to what cargo links: this library is not linked by cargo.
//!
//! Source of the format: rust-secure-code/cargo-auditable:PARSING.md and cargo-auditable.schema.json; RFC 1950 and RFC 1951.

use super::{Choice, object::Object};
use crate::sbom;
use serde_json::{Value, json};

/// The section with the list, in an object. Where sections that nothing refers to are left out, the linker is given its name.
const SOURCE: &str =
    "    .section \".dep-v0\",@flags@\n    .globl defenderauth_dependencies\ndefenderauth_dependencies:\n";

/// What a linker needs so that the section stays.
const KEPT: &str = "-Wl,--undefined=defenderauth_dependencies";

impl Object<'_> {
    /// What the linker is given so that the shared library names its crates, if it is to.
    pub(super) fn crates(&self) -> Result<Vec<String>, String> {
        if self.choice.is_auditable { Ok(vec![self.list_of_crates()?, KEPT.to_owned()]) } else { Ok(Vec::new()) }
    }

    /// Compiles the list, and returns the object.
    fn list_of_crates(&self) -> Result<String, String> {
        let text = crates(self.choice)?;
        let data = zlib(text.as_bytes());
        // As cargo-auditable has it: in ELF it is not loaded, in PE it is read-only data.
        let flags = if self.choice.is_for_windows() { "\"dr\"" } else { "\"\"" };
        let bytes: Vec<String> = data.chunks(16).map(|bytes| format!("    .byte {}\n", list(bytes))).collect();
        let source = SOURCE.replace("@flags@", flags) + &bytes.concat();
        let (source, object) = (self.write("crates.s", &source)?, self.place("crates.o"));
        let mut compile = self.choice.tool("gcc");
        compile.args(["-c", &source, "-o", &object]);
        crate::run::run(compile)?;
        Ok(object)
    }
}

fn list(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",")
}

/// The crates of this choice. Those that only a build runs are not in the library.
fn crates(choice: &Choice) -> Result<String, String> {
    let features = choice.standard.features(&choice.features);
    let target = choice.target().map_or_else(super::standard::host, Ok)?;
    let options = ["--no-default-features", "--features", &features, "--target", &target];
    let document = sbom::sbom("defender-auth-ffi", "normal,no-proc-macro", &options)?;
    let document: Value = serde_json::from_str(&document).map_err(|error| error.to_string())?;
    let components = document.pointer("/components").and_then(Value::as_array).into_iter().flatten();
    let own = document.pointer("/metadata/component").into_iter();
    let package = |component: &Value, is_root: bool| {
        let text = |name: &str| component.get(name).cloned().unwrap_or_default();
        let source = if component.get("hashes").is_some() { "crates.io" } else { "local" };
        let mut package = json!({ "name": text("name"), "version": text("version"), "source": source });
        if let Some(package) = package.as_object_mut().filter(|_| is_root) {
            package.insert("root".into(), true.into());
        }
        package
    };
    let packages = own.map(|it| package(it, true)).chain(components.map(|it| package(it, false)));
    Ok(json!({ "packages": packages.collect::<Vec<_>>() }).to_string())
}

/// In the form of zlib, without compression.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or_default();
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn adler32(data: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (one, other) = data.iter().fold((1, 0), |(one, other), byte| {
        let one = (one + u32::from(*byte)) % BASE;
        (one, (other + one) % BASE)
    });
    other << 16 | one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_its_blocks_and_its_checksum() {
        // The example of RFC 1950's algorithm that is known for its value.
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        let short = zlib(b"abc");
        assert_eq!(short, [0x78, 1, 1, 3, 0, 0xfc, 0xff, b'a', b'b', b'c', 0x02, 0x4d, 0x01, 0x27]);
        let long = zlib(&vec![0; 70_000]);
        assert_eq!(long.len(), 2 + 5 + 65_535 + 5 + 4_465 + 4);
        assert_eq!((long.get(2), long.get(2 + 5 + 65_535)), (Some(&0), Some(&1)));
    }
}
