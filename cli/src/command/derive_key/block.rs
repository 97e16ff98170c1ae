//! One block of a list: its IDs, and the lines with their keys.

use super::form::Form;
use crate::input::{
    lines::{self, BLOCK},
    seen::Key,
};
use defender_auth::{
    Error,
    error::{FileError, FileProblem},
    identity::{IdentifierError, IdentifierKind, RegistrationIdRef},
    key::{DerivedKey, GroupKey},
};
use std::{iter, mem, str};
use zeroize::Zeroizing;

/// The longest line with a registration ID: the ID, and some white space.
const LINE_LIMIT: usize = 256;

/// An ID that was found.
pub(super) struct Hashed {
    pub(super) hash: u64,
    /// The number of its line in the block, from 0.
    pub(super) line: u32,
}

/// A block and what was made of it. It is used again for others, so that memory is not taken anew.
#[derive(Default)]
pub(super) struct Block {
    /// Whole lines.
    pub(super) text: Vec<u8>,
    /// Whether it is the first of its list, which a byte order mark may precede.
    pub(super) is_first: bool,
    pub(super) ids: Vec<Hashed>,
    /// A line for each ID, with its key. It never grows: that would leave copies behind.
    pub(super) keys: Zeroizing<Vec<u8>>,
    /// How many lines were read.
    pub(super) lines: u64,
    /// What is wrong in the last of them.
    pub(super) mistake: Option<Error>,
}

impl Block {
    /// Derives the keys of its IDs, up to the first mistake.
    pub(super) fn derive(&mut self, group: &GroupKey, hashes: Key, form: Form) {
        self.ids.clear();
        self.keys.clear();
        (self.lines, self.mistake) = (0, None);
        let most = lines::count(&self.text) + 1;
        // An ID is in a line of its own.
        let room = self.text.len() + most * (DerivedKey::TEXT_LEN + form.len());
        if self.keys.capacity() < room {
            self.keys = Zeroizing::new(Vec::with_capacity(room));
        }
        let text = mem::take(&mut self.text);
        let (ids, keys) = (&mut self.ids, &mut *self.keys);
        let mut lines = Lines::of(&text, self.is_first);
        let named = iter::from_fn(|| {
            let id = lines.next_id()?;
            ids.push(Hashed { hash: hashes.hash(id.as_str()), line: lines.count - 1 });
            Some(id)
        });
        group.derive_each(named, |id, key| {
            keys.extend_from_slice(form.before);
            keys.extend_from_slice(id.as_str().as_bytes());
            keys.extend_from_slice(form.between);
            keys.resize(keys.len() + DerivedKey::TEXT_LEN, 0);
            if let Some(text) = keys.last_chunk_mut() {
                key.to_base64(text);
            }
            keys.extend_from_slice(form.after);
        });
        debug_assert!(keys.len() <= room, "{room} bytes announced, {} written", keys.len());
        (self.lines, self.mistake) = (lines.count.into(), lines.mistake);
        self.text = text;
    }

    /// What finds the IDs on lines, if they are asked for in their order.
    pub(super) fn names(&self) -> impl FnMut(u32) -> String {
        let mut lines = (0..).zip(self.text.split(|byte| *byte == b'\n'));
        move |wanted| {
            let line = lines.find(|(number, _)| *number == wanted).map_or(&[][..], |(_, line)| line);
            let line = str::from_utf8(line).unwrap_or_default();
            line.trim_start_matches('\u{feff}').trim().to_owned()
        }
    }
}

/// The lines of a block. Blank ones are ignored.
struct Lines<'a> {
    /// What is not read yet, and is text.
    rest: &'a str,
    /// What follows it, and is not.
    not_text: &'a [u8],
    is_first: bool,
    /// How many lines were read.
    count: u32,
    mistake: Option<Error>,
}

impl<'a> Lines<'a> {
    fn of(block: &'a [u8], is_first: bool) -> Self {
        let (rest, not_text) = match str::from_utf8(block) {
            Ok(text) => (text, &[][..]),
            Err(error) => {
                let text =
                    block.get(..error.valid_up_to()).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default();
                let whole = text.get(..text.rfind('\n').map_or(0, |end| end + 1)).unwrap_or_default();
                (whole, block.get(whole.len()..).unwrap_or_default())
            }
        };
        Self { rest, not_text, is_first, count: 0, mistake: None }
    }

    /// The next ID. `None` at the end and after a mistake.
    #[inline]
    fn next_id(&mut self) -> Option<RegistrationIdRef<'a>> {
        loop {
            if self.rest.is_empty() {
                return self.end();
            }
            self.count += 1;
            let (line, length) = match self.rest.split_once('\n') {
                Some((line, rest)) => {
                    self.rest = rest;
                    (line, line.len() + 1)
                }
                None => (mem::take(&mut self.rest), self.rest.len()),
            };
            // Most lines are an ID and nothing else.
            if length <= LINE_LIMIT
                && let Ok(id) = RegistrationIdRef::new(line)
            {
                return Some(id);
            }
            if length > LINE_LIMIT {
                return self.stop(IdentifierError::TooLong { name: IdentifierKind::RegistrationId }.into());
            }
            let line = if self.is_first && self.count == 1 { line.trim_start_matches('\u{feff}') } else { line }.trim();
            match RegistrationIdRef::new(line) {
                _ if line.is_empty() => {}
                Ok(id) => return Some(id),
                Err(error) => return self.stop(error.into()),
            }
        }
    }

    /// After the last line that is text.
    #[cold]
    fn end(&mut self) -> Option<RegistrationIdRef<'a>> {
        let line = mem::take(&mut self.not_text).split_inclusive(|byte| *byte == b'\n').next()?;
        self.count += 1;
        let offset = str::from_utf8(line).err()?.valid_up_to();
        if line.len() > LINE_LIMIT {
            return self.stop(IdentifierError::TooLong { name: IdentifierKind::RegistrationId }.into());
        }
        let has_mark = line.starts_with(&[0xff, 0xfe]) || line.starts_with(&[0xfe, 0xff]);
        let problem = if self.is_first && self.count == 1 && has_mark {
            FileProblem::Utf16
        } else {
            FileProblem::NotUtf8 { offset }
        };
        self.stop(FileError { path: "the line".into(), problem }.into())
    }

    #[cold]
    fn stop(&mut self, mistake: Error) -> Option<RegistrationIdRef<'a>> {
        (self.rest, self.not_text, self.mistake) = ("", &[], Some(mistake));
        None
    }
}

const _: () = assert!(LINE_LIMIT < BLOCK, "a line that is cut is too long");

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::input::seen::Seen;
    use defender_auth::SharedAccessKey;

    fn derived(text: &[u8], is_first: bool) -> Block {
        let group = GroupKey::new(&SharedAccessKey::from_bytes(&[7; 32]).unwrap());
        let mut block = Block { text: text.into(), is_first, ..Block::default() };
        block.derive(&group, Seen::new().key(), Form::CSV);
        block
    }

    #[test]
    fn each_id_gives_its_line_in_order_and_blank_lines_are_counted() {
        let block = derived("\u{feff}dev1\r\n\n  Dev1\t\n \nx".as_bytes(), true);
        let lines: Vec<&str> = str::from_utf8(&block.keys).unwrap().lines().collect();
        let ids: Vec<&str> = lines.iter().map(|line| line.split_once(',').unwrap().0).collect();
        assert_eq!(ids, ["dev1", "Dev1", "x"]);
        let found: Vec<u32> = block.ids.iter().map(|id| id.line).collect();
        assert_eq!((found.as_slice(), block.lines), (&[0, 2, 4][..], 5));
        assert_eq!([0, 2, 4].map(block.names()), ["dev1", "Dev1", "x"]);
        assert_eq!(block.ids[0].hash, block.ids[1].hash, "the same but for case");
        assert!(block.mistake.is_none());
    }

    #[test]
    fn a_mistake_ends_the_block_at_its_line() {
        let long = [b"a\nb\n".as_slice(), &[b'x'; 300], b"\nc"].concat();
        for text in [&b"a\nb\nc/d\ne"[..], b"a\nb\n\xff\nc", b"a\nb\nc\xff", &long, b"a\nb\n\xef\xbb\xbfc\n"] {
            let block = derived(text, true);
            assert_eq!((block.ids.len(), block.lines), (2, 3), "{text:?}");
            assert!(block.mistake.is_some() && block.keys.ends_with(b"=\n"));
        }
        assert!(
            derived("\u{feff}a\n".as_bytes(), false).mistake.is_some(),
            "a mark is allowed at the start of a list only"
        );
        assert!(derived(&[b'x'; 300], true).keys.is_empty());
    }

    #[test]
    fn a_block_is_used_again() {
        let mut block = derived(b"a\nb/c", true);
        block.text = b"d\n".to_vec();
        block.derive(&GroupKey::new(&SharedAccessKey::from_bytes(&[7; 32]).unwrap()), Seen::new().key(), Form::CSV);
        assert!(block.mistake.is_none() && block.keys.starts_with(b"d,") && block.lines == 1 && block.ids.len() == 1);
    }
}
