//! A list of any length, on every processor: blocks of it go round the workers, and what was made of them is written in
//! the order of the list.
//!
//! ```text
//! read --> worker 1 --> check for IDs that came before, write
//!     `--> worker 2 --'
//! ```

use super::{block::Block, form::Form};
use crate::{
    files::private_file::PartError,
    input::{
        lines::Blocks,
        seen::{Found, Seen},
        text_file::io_error,
    },
    terminal::{failure::Failure, stderr},
};
use defender_auth::key::GroupKey;
use std::{
    io::{self, Read, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

/// More workers than this would wait for the one that reads and writes.
const WORKERS: usize = 8;

/// How many blocks a worker has: one in work, one that waits.
const BLOCKS_EACH: usize = 2;

/// What is read, and what it is called.
pub(super) struct List<'a, R> {
    pub(super) reader: R,
    pub(super) place: &'a str,
    pub(super) form: Form,
    /// The number of lines that precede it in its file. It is needed for messages only.
    pub(super) lines_before: &'a dyn Fn() -> u64,
    pub(super) may_be_empty: bool,
}

/// A worker: blocks go in and come out in the same order.
struct Worker {
    blocks: SyncSender<Block>,
    done: Receiver<Block>,
}

impl<R: Read> List<'_, R> {
    /// Writes a line for each ID, as they come. What precedes a mistake is written nevertheless: it shows how far the list
    /// was read.
    pub(super) fn write(self, group: &GroupKey, out: &mut dyn Write) -> Result<(), PartError> {
        let mut seen = Seen::new();
        let (hashes, form) = (seen.key(), self.form);
        let count = thread::available_parallelism().map_or(1, usize::from).min(WORKERS);
        thread::scope(|scope| {
            let start = |_| {
                let (blocks, work) = sync_channel::<Block>(BLOCKS_EACH);
                let (results, done) = sync_channel(BLOCKS_EACH);
                scope.spawn(move || {
                    for mut block in work {
                        block.derive(group, hashes, form);
                        // Nobody waits for it after a failure.
                        if results.send(block).is_err() {
                            break;
                        }
                    }
                });
                Worker { blocks, done }
            };
            let workers: Vec<Worker> = (0..count).map(start).collect();
            let written = self.go_round(&workers, &mut seen, out);
            out.flush().map_err(PartError::Write)?;
            written
        })
    }

    fn go_round(self, workers: &[Worker], seen: &mut Seen, out: &mut dyn Write) -> Result<(), PartError> {
        let (mut to, mut from) = (workers.iter().cycle(), workers.iter().cycle());
        let mut blocks = Blocks::new(self.reader);
        let mut receipt =
            Receipt { seen, place: self.place, lines_before: self.lines_before, lines: 0, ids: 0, full: false };
        let mut free: Vec<Block> = (0..workers.len() * BLOCKS_EACH).map(|_| Block::default()).collect();
        let (mut sent, mut unread) = (0_u64, None);
        let mut in_work = 0_usize;
        loop {
            // One that is new, or the oldest of those in work.
            let mut block = if let Some(block) = free.pop() {
                block
            } else {
                in_work -= 1;
                receipt.take(from.next(), out)?
            };
            if let Err(error) = blocks.next_into(&mut block.text) {
                block.text.clear();
                unread = Some(io_error(self.place, &error));
            }
            if block.text.is_empty() {
                break;
            }
            block.is_first = sent == 0;
            to.next().ok_or_else(ended)?.blocks.send(block).map_err(|_| ended())?;
            (sent, in_work) = (sent + 1, in_work + 1);
        }
        for _ in 0..in_work {
            receipt.take(from.next(), out)?;
        }
        match unread {
            Some(error) => Err(PartError::Content(error.into())),
            None if receipt.ids == 0 && !self.may_be_empty => {
                let what = "there is no registration ID in it; write one per line";
                Err(PartError::Content(Failure::content(self.place, what)))
            }
            None => Ok(()),
        }
    }
}

/// A worker ends before the list only by a panic, which is reported in its place.
fn ended() -> PartError {
    PartError::Write(io::Error::other("a thread has ended"))
}

/// What the workers made, as it comes.
struct Receipt<'a> {
    seen: &'a mut Seen,
    place: &'a str,
    lines_before: &'a dyn Fn() -> u64,
    lines: u64,
    ids: usize,
    /// Whether there was an ID that could not be compared with those before.
    full: bool,
}

impl Receipt<'_> {
    /// Writes the next block of a worker, and returns it for another.
    fn take(&mut self, worker: Option<&Worker>, out: &mut dyn Write) -> Result<Block, PartError> {
        let mut block = worker.ok_or_else(ended)?.done.recv().map_err(|_| ended())?;
        let mut names = block.names();
        for id in &block.ids {
            let number = self.lines + u64::from(id.line) + 1;
            match self.seen.take(id.hash, number) {
                Found::New => {}
                Found::Before(first) => {
                    let before = (self.lines_before)();
                    let first = first.map(|first| before + first);
                    warn_of_repeated(&names(id.line), &format!("{}, line", self.place), before + number, first);
                }
                Found::NoRoom => self.warn_of_more(number),
            }
        }
        drop(names);
        out.write_all(&block.keys).map_err(PartError::Write)?;
        self.lines += block.lines;
        self.ids += block.ids.len();
        match block.mistake.take() {
            Some(mistake) => {
                let line = (self.lines_before)() + self.lines;
                Err(PartError::Content(mistake.at(format!("{}, line {line}", self.place)).into()))
            }
            None => Ok(block),
        }
    }

    fn warn_of_more(&mut self, number: u64) {
        if !self.full {
            let line = (self.lines_before)() + number;
            stderr::warning(format_args!(
                "{}, line {line}: from here on some registration IDs are not compared with those before them; find those \
                 that are in the list twice with `sort -f FILE | uniq -di`",
                self.place
            ));
        }
        self.full = true;
    }
}

/// DPS compares registration IDs without regard to case, but a key is derived from the ID as it is written.
pub(super) fn warn_of_repeated(id: &str, place: &str, number: u64, first: Option<u64>) {
    let before = first.map_or_else(|| "one before it".into(), |first| format!("in {first}"));
    stderr::warning(format_args!(
        "{place} {number}: the registration ID `{id}` is the same as {before}; DPS ignores case, but another case gives \
         another key: give each device one ID",
    ));
}
