//! Names for certificates: one from the command line, or a list of devices.

use crate::{
    input::{
        secret_text,
        shard::{self, Part, Shard},
        source::Source,
        text_file::TextFile,
    },
    terminal::{failure::Failure, stderr},
};
use defender_auth::{
    Error,
    identity::{DeviceId, ModuleId},
};
use std::collections::HashMap;

/// The most characters of a common name (X.520).
const NAME_LIMIT: usize = 64;

/// The largest list that is read, in bytes: 60,000 IDs of maximal length, or ten times as many usual ones.
const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// A CA's name.
pub(super) fn common_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty; give a name".into());
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err("it has control characters, or white space at an end; remove them".into());
    }
    fits(text)?;
    Ok(text.into())
}

/// A device ID that fits into a certificate.
pub(super) fn device_id(text: &str) -> Result<DeviceId, String> {
    let id: DeviceId = text.parse().map_err(|error| format!("{error}"))?;
    fits(text)?;
    Ok(id)
}

/// The common name of a client's certificate: the device ID, and for a module a slash and its ID.
pub(super) fn client_name(device: &DeviceId, module: Option<&ModuleId>) -> Result<String, String> {
    let name = module.map_or_else(|| device.to_string(), |module| format!("{device}/{module}"));
    fits(&name)?;
    if module.is_none()
        && let Some(other) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._:".contains(*c))
    {
        stderr::warning(format_args!(
            "{name}: with `{other}` in its common name the certificate cannot be used with DPS, whose registration IDs \
             have letters, digits, `-`, `.`, `_` and `:`"
        ));
    }
    Ok(name)
}

/// A verification code: services make it of letters and digits.
pub(super) fn code(text: &str) -> Result<String, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err("only letters, digits, `-` and `_` are allowed; copy the code again from the service's page".into());
    }
    fits(text)?;
    Ok(text.into())
}

fn fits(text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length <= NAME_LIMIT {
        return Ok(());
    }
    Err(format!(
        "it has {length} characters, and a certificate's common name has at most {NAME_LIMIT}; use a shorter one"
    ))
}

/// All IDs of a list, or of a part of it, each valid and present once. Blank lines are ignored.
pub(super) fn list(source: &Source, shard: Option<Shard>) -> Result<Vec<DeviceId>, Failure> {
    let failed = |error| source.failure(error);
    let (file, before) = match (shard, source) {
        (None, _) => (source.text("device IDs, one per line,", LIST_LIMIT).map_err(failed)?, 0),
        (Some(_), Source::Stdin) => return Err(shard::of_stdin()),
        (Some(shard), Source::Path(path)) => {
            let part = Part::open(path, shard).map_err(failed)?;
            let before = Part::lines_before(path, part.start);
            (TextFile::part(part, path, LIST_LIMIT).map_err(failed)?, before)
        }
    };
    let ids = read(file.text_without_mark(), |line| format!("{}, line {}", file.place(), before + line))?;
    if ids.is_empty() && shard.is_none_or(Shard::is_whole) {
        return Err(Failure::content(file.place(), "there is no device ID in it; write one per line"));
    }
    Ok(ids)
}

/// The IDs, and what is wrong with the first line that has none, at its place.
fn read(text: &str, place: impl Fn(u64) -> String) -> Result<Vec<DeviceId>, Failure> {
    let mut seen = HashMap::new();
    let mut ids = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let name = line.trim();
        if name.is_empty() {
            continue;
        }
        let wrong = |what: String| Failure::content(place(number), what);
        // A key can have the form of a device ID, and IDs are printed.
        if secret_text::find(name).is_some() {
            return Err(wrong("this looks like a key, not like a device ID; give a list of device IDs".into()));
        }
        let id: DeviceId = name.parse().map_err(|error| Error::from(error).at(place(number)))?;
        fits(name).map_err(wrong)?;
        if let Some(first) = seen.insert(name, number) {
            return Err(wrong(format!("the device ID `{name}` is in line {first} as well; remove one of them")));
        }
        ids.push(id);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use defender_auth::error::Code;

    #[test]
    fn a_list_is_read_in_every_form_that_editors_write() {
        for text in ["a\nb\n", "a\r\nb", "\n a \n\n\tb\n\n"] {
            let ids = read(text, |line| line.to_string()).unwrap();
            assert_eq!(ids.iter().map(DeviceId::as_str).collect::<Vec<_>>(), ["a", "b"], "{text:?}");
        }
    }

    #[test]
    fn a_mistake_is_named_by_its_line() {
        let read = |text: &str| read(text, |line| line.to_string());
        let long = "d".repeat(NAME_LIMIT + 1);
        for (text, line, code) in [
            ("a\nb/c\n", "2", Code::Identifier),
            ("a\n\nb\na", "4", Code::FileRead),
            ("..\n", "1", Code::Identifier),
            ("\u{e9}", "1", Code::Identifier),
            (&long, "1", Code::FileRead),
        ] {
            let problem = read(text).unwrap_err().problem().unwrap();
            assert_eq!((problem.field.as_deref(), problem.code), (Some(line), code.as_i32()), "{text:?}");
        }
        assert!(read("Dev1\ndev1").is_ok(), "IDs differ by case");
        assert!(read(" \n").unwrap().is_empty());
    }

    #[test]
    fn a_common_name_has_64_characters_at_most() {
        assert!(device_id(&"d".repeat(64)).is_ok() && device_id(&"d".repeat(65)).is_err());
        assert!(common_name(&"\u{e9}".repeat(64)).is_ok() && common_name(&"\u{e9}".repeat(65)).is_err());
        assert!(common_name(" ").is_err() && common_name("a\nb").is_err() && common_name("a ").is_err());
        assert!(code(&"A1".repeat(24)).is_ok() && code("A1 B2").is_err() && code("").is_err());
    }
}
