//! Long lists, in blocks of whole lines.

use std::io::{self, ErrorKind, Read};

/// The size of a block, in bytes: with what is made of it, it fits into a processor's cache.
pub(crate) const BLOCK: usize = 64 * 1024;

/// Blocks of whole lines. A line that is longer than a block is cut: nothing is named so.
pub(crate) struct Blocks<R> {
    reader: R,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, rest: Vec::with_capacity(BLOCK) }
    }

    /// Fills a buffer with the next block. Empty at the end.
    pub(crate) fn next_into(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        block.clear();
        block.append(&mut self.rest);
        let mut filled = block.len();
        block.resize(BLOCK, 0);
        while let Some(room) = block.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => {
                    block.truncate(filled);
                    return Ok(());
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(end) = block.iter().rposition(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(block.get(end + 1..).unwrap_or_default());
            block.truncate(end + 1);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_lines_and_put_together_the_list() {
        for line in ["d\n", "device-0001\n", &"x".repeat(BLOCK - 1), &format!("{}\n", "x".repeat(3 * BLOCK))] {
            let list = line.repeat(4 * BLOCK / line.len() + 1) + "end";
            let list = list.as_bytes().get(..4 * BLOCK).unwrap_or(list.as_bytes());
            let (mut blocks, mut block, mut together) = (Blocks::new(list), Vec::new(), Vec::new());
            loop {
                blocks.next_into(&mut block).unwrap();
                if block.is_empty() {
                    break;
                }
                let is_whole =
                    block.ends_with(b"\n") || !block.contains(&b'\n') || together.len() + block.len() == list.len();
                assert!(is_whole && block.len() <= BLOCK);
                together.extend_from_slice(&block);
            }
            assert_eq!(together, list);
        }
    }
}
