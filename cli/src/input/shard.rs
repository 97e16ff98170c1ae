//! `--shard K/N`: one of the parts into which a list is divided, each for another machine.

use super::text_file::{self, io_error};
use crate::terminal::failure::Failure;
use defender_auth::Error;
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom, Take},
    path::Path,
    str::FromStr,
};

/// Part `number` of `count`. The first one is number 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    number: u64,
    count: u64,
}

impl Shard {
    /// The whole list.
    pub(crate) const WHOLE: Self = Self { number: 1, count: 1 };

    pub(crate) const fn is_whole(self) -> bool {
        self.count == 1
    }

    /// The part of a file of `length` bytes: from the first line that begins at or after the fraction (K-1)/N of its bytes,
    /// up to the first that begins at or after K/N. Neither depends on the other parts, and nothing before it is read.
    fn range(self, file: &mut File, length: u64) -> io::Result<(u64, u64)> {
        let at = |number: u64| u128::from(length) * u128::from(number) / u128::from(self.count);
        let mut line = |number| line_from(file, u64::try_from(at(number)).unwrap_or(length), length);
        Ok((line(self.number - 1)?, line(self.number)?))
    }
}

/// Standard input has no parts.
pub(crate) fn of_stdin() -> Failure {
    Failure::Call("--shard reads a part of a file; give the list as --ids FILE".into())
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        match text.split_once('/').map(|(number_of, count)| (number(number_of), number(count))) {
            Some((Some(number @ 1..), Some(count))) if number <= count => Ok(Self { number, count }),
            Some((Some(0), Some(1..))) => Err("the first part has the number 1, as in `1/8`".into()),
            Some((Some(number), Some(count))) => Err(format!("there is no part {number} of {count}")),
            _ => Err("write it as `K/N`: part K, counted from 1, of N parts, such as `1/8`".into()),
        }
    }
}

/// Where the first line begins that does so at or after an offset.
fn line_from(file: &mut File, offset: u64, length: u64) -> io::Result<u64> {
    let Some(before) = offset.checked_sub(1) else { return Ok(0) };
    if offset >= length {
        return Ok(length);
    }
    file.seek(SeekFrom::Start(before))?;
    let mut rest = BufReader::new(file);
    Ok((before + u64::try_from(rest.skip_until(b'\n')?).unwrap_or(u64::MAX)).min(length))
}

/// A part of a file, from the start of a line to the end of one.
pub(crate) struct Part {
    file: Take<File>,
    /// Where it begins in the file, in bytes.
    pub(crate) start: u64,
}

impl Part {
    /// Opens the part of a regular file.
    pub(crate) fn open(path: &Path, shard: Shard) -> Result<Self, Error> {
        let mut file = text_file::open(path)?;
        let mut find = || {
            if shard.is_whole() {
                return Ok((0, u64::MAX));
            }
            let length = file.metadata()?.len();
            let (start, end) = shard.range(&mut file, length)?;
            file.seek(SeekFrom::Start(start))?;
            Ok((start, end - start))
        };
        let (start, length) = find().map_err(|error| io_error(&path.display().to_string(), &error))?;
        Ok(Self { file: file.take(length), start })
    }

    /// The number of lines that precede the part. They are read for it.
    pub(crate) fn lines_before(path: &Path, start: u64) -> u64 {
        let count = || -> io::Result<u64> {
            let (mut rest, mut lines) = (File::open(path)?.take(start), 0);
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let read = rest.read(&mut buffer)?;
                let bytes = buffer.get(..read).unwrap_or_default();
                lines += u64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
                if read == 0 {
                    return Ok(lines);
                }
            }
        };
        if start == 0 { 0 } else { count().unwrap_or_default() }
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::{env, fs, process};

    #[test]
    fn a_part_is_written_as_its_number_of_a_count() {
        assert_eq!("2/3".parse(), Ok(Shard { number: 2, count: 3 }));
        assert_eq!("1/1".parse(), Ok(Shard::WHOLE));
        for wrong in ["", "1", "/", "1/", "/2", "0/2", "3/2", "0/0", "1/0", "-1/2", "+1/2", "1/2/3", "1 /2", "a/b"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong:?}");
        }
        assert!(
            format!("1/{}", u64::MAX).parse::<Shard>().is_ok() && format!("1/{}0", u64::MAX).parse::<Shard>().is_err()
        );
    }

    #[test]
    fn the_parts_of_every_list_put_together_are_the_list_and_begin_with_lines() {
        let path = env::temp_dir().join(format!("defender-auth-shard-{}", process::id()));
        for list in [
            "",
            "a",
            "a\n",
            "\n\n\n",
            "a\nbb\nccc\n",
            "a\r\n\r\nlong-name-of-a-device\nb\nc",
            "aaaaaaaaaaaa\nb\nc\nd\n",
        ] {
            fs::write(&path, list).unwrap();
            for count in [1, 2, 3, 4, 7, 50] {
                let mut together = String::new();
                for number in 1..=count {
                    let mut part = Part::open(&path, Shard { number, count }).unwrap();
                    let from = usize::try_from(part.start).unwrap();
                    assert!(
                        from == 0 || from == list.len() || list[..from].ends_with('\n'),
                        "{list:?} {number}/{count}"
                    );
                    assert_eq!(Part::lines_before(&path, part.start), list[..from].matches('\n').count() as u64);
                    part.read_to_string(&mut together).unwrap();
                }
                assert_eq!(together, list, "{count}");
            }
            let (mut last, mut text) =
                (Part::open(&path, Shard { number: u64::MAX, count: u64::MAX }).unwrap(), String::new());
            last.read_to_string(&mut text).unwrap();
            assert!(list.ends_with(&text));
        }
        fs::remove_file(path).unwrap();
    }
}
