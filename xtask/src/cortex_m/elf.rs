//! How much memory a program takes before it runs, by its ELF file.

/// In bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What the file's segments have in it.
    pub(crate) flash: usize,
    /// The segments that the program writes to.
    pub(crate) ram: usize,
}

/// The memory of a program for a 32-bit little-endian processor, or nothing when the file is none.
pub(super) fn memory(file: &[u8]) -> Option<Memory> {
    if !file.starts_with(b"\x7fELF\x01\x01") {
        return None;
    }
    let (first, length, count) = (word(file, 28)?, half(file, 42)?, half(file, 44)?);
    (0..count).try_fold(Memory::default(), |sum, index| {
        let header = file.get(length.checked_mul(index)?.checked_add(first)?..)?;
        let (kind, in_file, in_memory, flags) =
            (word(header, 0)?, word(header, 16)?, word(header, 20)?, word(header, 24)?);
        // PT_LOAD and PF_W.
        let (is_loaded, is_written) = (kind == 1, flags & 2 != 0);
        Some(Memory {
            flash: sum.flash.checked_add(if is_loaded { in_file } else { 0 })?,
            ram: sum.ram.checked_add(if is_loaded && is_written { in_memory } else { 0 })?,
        })
    })
}

fn word(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..)?.first_chunk()?;
    u32::from_le_bytes(*bytes).try_into().ok()
}

fn half(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with two segments that are loaded, of 7 and 5 bytes, the second of which is written to and has 20 bytes more in
    /// memory; and with one that is not loaded.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 52];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        (file[28], file[42], file[44]) = (52, 32, 3);
        for (kind, in_file, in_memory, flags) in [(1, 7, 7, 5), (4, 100, 100, 6), (1, 5, 25, 6)] {
            let mut header = [0; 32];
            (header[0], header[16], header[20], header[24]) = (kind, in_file, in_memory, flags);
            file.extend(header);
        }
        file
    }

    #[test]
    fn what_is_loaded_is_counted() {
        assert_eq!(memory(&file()), Some(Memory { flash: 12, ram: 25 }));
    }

    #[test]
    fn a_file_that_is_cut_or_of_another_kind_is_none() {
        let file = file();
        assert!((0..file.len() - 4).all(|length| memory(&file[..length]).is_none()));
        assert_eq!(memory(b"\x7fELF\x02\x01 and more"), None);
    }
}
