//! Archives of objects, as GNU `ar` writes them, without their table of symbols.
//!
//! `ar` itself cannot take one of several members of the same name, which the import libraries within a static library have.
//! Source of the format: binutils, `include/aout/ar.h`; of objects: the PE format specification, "COFF File Header".

const MAGIC: &[u8] = b"!<arch>\n";

/// An object and its name.
pub(super) type Member<'a> = (String, &'a [u8]);

/// All objects of an archive, in their order.
pub(super) fn read(archive: &[u8]) -> Option<Vec<Member<'_>>> {
    let (mut rest, mut names) = (archive.strip_prefix(MAGIC)?, &[][..]);
    let mut members = Vec::new();
    while !rest.is_empty() {
        let (header, after) = rest.split_at_checked(60)?;
        let field = |from: usize, to: usize| Some(str::from_utf8(header.get(from..to)?).ok()?.trim_end());
        let (name, size) = (field(0, 16)?, field(48, 58)?.parse::<usize>().ok()?);
        let (object, after) = after.split_at_checked(size)?;
        // Each begins at an even place; the last may end before.
        rest = after.get(size % 2..).unwrap_or_default();
        match name {
            "//" => names = object,
            "/" | "/SYM64/" => {}
            _ => members.push((full(name, names)?, object)),
        }
    }
    Some(members)
}

/// A long name is the place where it stands in the table of names.
fn full(name: &str, names: &[u8]) -> Option<String> {
    let Some(place) = name.strip_prefix('/') else { return Some(name.trim_end_matches('/').to_owned()) };
    let name = names.get(place.parse::<usize>().ok()?..)?.split(|byte| *byte == b'\n').next()?;
    Some(str::from_utf8(name).ok()?.trim_end_matches('/').to_owned())
}

/// An archive of these objects, without times and users.
pub(super) fn write(members: &[Member<'_>]) -> Vec<u8> {
    let (mut names, mut objects) = (Vec::new(), Vec::new());
    for (name, object) in members {
        append(&mut objects, &format!("/{}", names.len()), object);
        names.extend_from_slice(name.as_bytes());
        names.extend_from_slice(b"/\n");
    }
    let mut archive = MAGIC.to_vec();
    append(&mut archive, "//", &names);
    archive.extend(objects);
    archive
}

fn append(archive: &mut Vec<u8>, name: &str, object: &[u8]) {
    let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "644", object.len());
    archive.extend(header.into_bytes());
    archive.extend_from_slice(object);
    archive.extend(std::iter::repeat_n(b'\n', object.len() % 2));
}

/// Whether an object of COFF is part of an import library.
pub(super) fn is_import(object: &[u8]) -> bool {
    let number =
        |at: usize| object.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_le_bytes);
    // The short form; with another version these are objects that have many sections.
    if (number(0), number(2)) == (0, 0xffff) {
        return number(4) == 0;
    }
    let sections = object.get(20 + usize::from(number(16))..).unwrap_or_default();
    sections.chunks(40).take(usize::from(number(2))).any(|section| section.starts_with(b".idata$"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_with_names_that_occur_twice() {
        let members: [Member<'_>; 3] =
            [("kernel32.dllh.o".into(), b"one"), ("kernel32.dllh.o".into(), b"two!"), ("a".into(), b"")];
        assert_eq!(read(&write(&members)).unwrap(), members);
        assert_eq!(read(&write(&[])).unwrap(), []);
    }

    #[test]
    fn short_names_and_tables_of_symbols_are_read() {
        let mut archive = MAGIC.to_vec();
        append(&mut archive, "/", b"symbols");
        append(&mut archive, "one.o/", b"12345");
        assert_eq!(read(&archive).unwrap(), [("one.o".to_owned(), b"12345".as_slice())]);
    }

    #[test]
    fn an_archive_that_ends_early_is_refused() {
        let archive = write(&[("a.o".into(), b"1234"), ("b.o".into(), b"5678")]);
        // After the first line, the names, and each object.
        let ends = [8, 8 + 60 + 10, 8 + 60 + 10 + 64, archive.len()];
        for end in 0..=archive.len() {
            assert_eq!(read(archive.get(..end).unwrap()).is_some(), ends.contains(&end), "{end}");
        }
    }

    #[test]
    fn only_parts_of_import_libraries_are_imports() {
        let object = |name: &[u8; 8]| [&[0x64, 0x86, 1, 0][..], &[0; 16], name, &[0; 32]].concat();
        assert!(is_import(&object(b".idata$7")));
        assert!(!is_import(&object(b".text\0\0\0")));
        assert!(is_import(&[0, 0, 0xff, 0xff, 0, 0, 0x64, 0x86]), "the short form");
        assert!(!is_import(&[0, 0, 0xff, 0xff, 2, 0, 0x64, 0x86]), "an object with many sections");
        assert!(!is_import(&[]));
    }
}
