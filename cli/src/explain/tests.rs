use super::{page::markdown, *};
use std::{collections::HashSet, fs, path::Path};

fn project() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The files of a folder with this extension, and of those below it.
fn files(folder: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path, extension) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .collect()
}

#[test]
fn every_result_of_the_c_header_has_its_entry_and_its_text() {
    let code = fs::read_to_string(project().join("ffi/src/code.rs")).unwrap();
    let mut seen = 0;
    for (comment, line) in code.lines().zip(code.lines().skip(1)) {
        let Some(rest) = line.strip_prefix("pub const DEFENDERAUTH_") else { continue };
        let Some((name, value)) = rest.split_once(": ResultCode = ") else { continue };
        let value: u32 = value.trim_end_matches(';').parse().unwrap();
        if value == 0 {
            continue;
        }
        let found = entry(Number::new(Family::Library, value)).unwrap_or_else(|| panic!("{name} has no entry"));
        assert_eq!(found.name, name);
        assert_eq!(found.meaning, comment.trim_start_matches("/// "), "{name}");
        seen += 1;
    }
    assert_eq!(seen, results::all().count());
}

#[test]
fn every_number_of_six_digits_that_the_project_knows_has_an_entry() {
    let mut seen = HashSet::new();
    for folder in ["src", "mqtt/src", "emulator/src", "cli/src"] {
        for path in files(&project().join(folder), "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            // Without the ends of ranges.
            let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for digits in
                words.filter(|word| word.len() == 7 && word.as_bytes()[3] == b'_').map(|it| it.replace('_', ""))
            {
                let Ok(value) = digits.parse::<u32>() else { continue };
                if (400_000..600_000).contains(&value) && value % 1000 != 999 {
                    assert!(!find(&digits).is_empty(), "{digits} of {}", path.display());
                    seen.insert(value);
                }
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn every_code_of_mqtt_and_every_diagnosis_has_causes() {
    for code in 1..=5 {
        assert!(entry(Number::new(Family::Connack, code)).is_some(), "{code}");
    }
    for code in 0x80..=0xa2 {
        assert!(entry(Number::new(Family::Mqtt5, code)).is_some(), "{code:#x}");
    }
    for entry in all() {
        assert!(!entry.causes.is_empty() && !entry.meaning.is_empty(), "{}", entry.number);
        assert!(!entry.meaning.contains("the reason is not known"), "{}: {}", entry.number, entry.meaning);
        let codes: HashSet<&str> = entry.causes.iter().map(|cause| cause.code).collect();
        assert_eq!(codes.len(), entry.causes.len(), "a cause twice: {}", entry.number);
    }
}

#[test]
fn each_entry_is_found_by_its_number() {
    let mut seen = HashSet::new();
    for entry in all() {
        let found = find(&entry.number.to_string());
        assert_eq!(found.first(), Some(&entry));
        // A number of the library has no prefix.
        assert!(found.len() == 1 || entry.number.family == Family::Library, "{found:?}");
        assert!(seen.insert(entry.number), "{} twice", entry.number);
    }
    assert!(seen.len() > 250, "{}", seen.len());
}

#[test]
fn a_number_without_a_prefix_has_every_meaning() {
    let numbers = |text: &str| find(text).iter().map(|entry| entry.number.to_string()).collect::<Vec<_>>();
    assert_eq!(numbers("5"), ["connack:5"]);
    assert_eq!(numbers("135"), ["mqtt5:0x87"]);
    assert_eq!(numbers("0x87"), ["mqtt5:0x87", "tpm:0x87"]);
    assert_eq!(numbers("401"), ["401", "http:401"]);
    assert_eq!(numbers("503"), ["503", "http:503"], "of a TPM's blob, and an HTTP status");
    assert_eq!(numbers("401002"), ["dps:401002", "hub:401002"]);
    assert_eq!(numbers("404010"), ["hub:404010"]);
    assert_eq!(numbers("404999"), ["dps:404999", "hub:404999"], "of neither table, but of an HTTP status");
    assert_eq!(numbers("0x9a2"), ["tpm:0x9A2"]);
    assert_eq!(numbers("2466"), ["tpm:0x9A2"], "as a C program prints it");
    for unknown in ["0", "6", "0x00", "1000000", "0x7f", "no-such-word", ""] {
        assert_eq!(numbers(unknown), Vec::<String>::new(), "{unknown}");
    }
}

#[test]
fn names_are_found_in_every_spelling() {
    for (name, number) in [
        ("hub-rejected", "901"),
        ("DEFENDERAUTH_CLOCK", "702"),
        ("DEFENDERAUTH_DIAGNOSIS_CLOCK_SUSPECT", "916"),
        ("TPM_RC_LOCKOUT", "tpm:0x921"),
        ("lockout", "tpm:0x921"),
        ("DeviceNotFound", "hub:404001"),
    ] {
        assert_eq!(find(name).first().map(|entry| entry.number.to_string()).as_deref(), Some(number), "{name}");
    }
}

#[test]
fn codes_of_a_tpm_name_what_they_are_about() {
    let meaning = |code: &str| find(code)[0].meaning.clone();
    assert!(meaning("tpm:0x9a2").ends_with("the password is wrong, about session 1 of the command"));
    assert!(meaning("tpm:0x1df").ends_with("about parameter 1 of the command"));
    assert!(meaning("tpm:0xc0902").ends_with("from the resource manager"));
    assert!(meaning("tpm:0x80280400").contains("did not pass the command on to the TPM"));
    assert_eq!(find("TPM_E_COMMAND_BLOCKED")[0].number.to_string(), "tpm:0x80280400");
    assert!(meaning("tpm:0xa000a").contains("not the TPM, from layer 10"));
}

#[test]
fn the_page_has_each_entry_once_and_no_long_dash() {
    let page = markdown();
    for entry in all() {
        assert_eq!(page.matches(&format!("\n### `{}` ", entry.number)).count(), 1, "{}", entry.number);
    }
    assert!(page.is_ascii(), "{:?}", page.chars().find(|c| !c.is_ascii()));
}
