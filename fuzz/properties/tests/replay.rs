//! Every seed through its property, with the stable compiler and without libFuzzer.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

use defender_auth_properties::TARGETS;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of what stands in a folder.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap_or_else(|error| panic!("fuzz/{folder}: {error}"));
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("names in ASCII");
    entries.map(|entry| name(entry.expect("an entry"))).collect()
}

#[test]
fn every_seed_holds() {
    for target in TARGETS {
        let folder = format!("seeds/{}", target.name);
        let seeds = names(&folder);
        assert!(seeds.len() > 1, "fuzz/{folder} has no seeds");
        for seed in seeds {
            let path = fuzz().join(&folder).join(&seed);
            println!("{folder}/{seed}");
            (target.check)(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
    }
}

#[test]
fn every_cut_of_every_seed_holds() {
    for target in TARGETS {
        let folder = format!("seeds/{}", target.name);
        for seed in names(&folder) {
            let bytes = fs::read(fuzz().join(&folder).join(&seed)).expect("a seed");
            println!("{folder}/{seed}");
            // A hundred cuts at most: a seed may be large.
            for length in (0..bytes.len()).step_by(bytes.len() / 100 + 1) {
                (target.check)(&bytes[..length]);
            }
        }
    }
}

#[test]
fn every_property_has_a_target_seeds_and_a_dictionary() {
    let of = |suffix: &str| TARGETS.iter().map(|target| format!("{}{suffix}", target.name)).collect::<BTreeSet<_>>();
    assert_eq!(names("fuzz_targets"), of(".rs"));
    assert_eq!(names("seeds"), of(""));
    assert_eq!(names("dictionaries"), of(".dict"));
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("the manifest");
    for target in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{}.rs\"", target.name)), "{}", target.name);
    }
}

/// A fuzzer that cannot read its dictionary does not begin.
#[test]
fn every_dictionary_is_of_words_in_quotation_marks() {
    for name in names("dictionaries") {
        let text = fs::read_to_string(fuzz().join("dictionaries").join(&name)).expect("a dictionary");
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let word = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
            assert!(word.is_some_and(is_word), "{name}: {line}");
        }
    }
}

/// Printable ASCII; a backslash is followed by another, a quotation mark or `x` and two hexadecimal digits.
fn is_word(word: &str) -> bool {
    let mut bytes = word.bytes();
    let mut next = || {
        let byte = bytes.next()?;
        Some(match byte {
            b'\\' => match bytes.next() {
                Some(b'\\' | b'"') => true,
                Some(b'x') => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
                _ => false,
            },
            byte => byte != b'"' && (byte == b' ' || byte.is_ascii_graphic()),
        })
    };
    !word.is_empty() && core::iter::from_fn(&mut next).all(|is_right| is_right)
}
