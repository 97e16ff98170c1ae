//! Searches the memory of another process.

use crate::forms::Secret;
use std::{
    collections::HashMap,
    fmt,
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

/// A form of a secret that was found, how much of it, and where first.
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) form: &'static str,
    pieces: usize,
    place: String,
}

/// For finding the code that left it.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}: {} pieces, the first in {}", self.name, self.form, self.pieces, self.place)
    }
}

/// What is left of secrets in a process.
pub(crate) fn scan(process: u32, secrets: &[Secret]) -> Vec<Found> {
    let needles = Needles::of(secrets);
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut found: Vec<Found> = Vec::new();
    let mut searched = 0;
    for (start, end, region) in writable(process) {
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.read_exact_at(&mut bytes, start).unwrap_or_else(|error| panic!("{region}: {error}"));
        searched += bytes.len();
        for (at, (name, form)) in needles.find(&bytes) {
            if let Some(found) = found.iter_mut().find(|found| (found.name.as_str(), found.form) == (name, form)) {
                found.pieces += 1;
            } else {
                let place = format!("{region} at {:#x}", start + at as u64);
                found.push(Found { name: name.into(), form, pieces: 1, place });
            }
        }
    }
    assert!(searched > 100_000, "{searched} bytes");
    found
}

/// So many bytes of memory are looked up at once.
const HEAD: usize = 16;

/// A piece of a form, of which secret, and in which form.
type Needle<'a> = (Vec<u8>, (&'a str, &'static str));

/// Every piece of every form, by its first bytes.
struct Needles<'a> {
    pieces: HashMap<[u8; HEAD], Vec<Needle<'a>>>,
    /// Whether some piece begins with these two bytes: most of a memory is passed over by that.
    beginnings: Vec<bool>,
}

impl<'a> Needles<'a> {
    fn of(secrets: &'a [Secret]) -> Self {
        let mut this = Self { pieces: HashMap::new(), beginnings: vec![false; 1 << 16] };
        for secret in secrets {
            for form in secret.forms() {
                for piece in form.bytes.windows(form.piece).filter(|piece| is_telling(&piece[..HEAD])) {
                    this.beginnings[beginning(piece)] = true;
                    let same = this.pieces.entry(piece[..HEAD].try_into().unwrap()).or_default();
                    same.push((piece.to_vec(), (&secret.name, form.name)));
                }
            }
        }
        this
    }

    /// Where in a memory a piece is, of which secret, and in which form.
    fn find(&self, memory: &[u8]) -> impl Iterator<Item = (usize, (&'a str, &'static str))> {
        let places = (0..memory.len().saturating_sub(HEAD)).filter(|at| self.beginnings[beginning(&memory[*at..])]);
        places.filter_map(|at| {
            let same = self.pieces.get(&memory[at..at + HEAD])?;
            same.iter().find(|(piece, _)| memory[at..].starts_with(piece)).map(|(_, what)| (at, *what))
        })
    }
}

fn beginning(piece: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([piece[0], piece[1]]))
}

/// Whether a piece is more than filling.
fn is_telling(piece: &[u8]) -> bool {
    piece.iter().enumerate().filter(|(at, byte)| !piece[..*at].contains(byte)).count() > 3
}

/// From where to where, and what is there.
fn writable(process: u32) -> Vec<(u64, u64, String)> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (range, rights) = (fields.next().unwrap(), fields.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').unwrap();
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        found.push((number(start), number(end), fields.nth(3).unwrap_or("anonymous").to_owned()));
    }
    found
}
