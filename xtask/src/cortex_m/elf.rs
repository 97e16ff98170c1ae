//! How much of an ELF file is loaded.

/// The bytes that the segments of a 32-bit little-endian file have in it, or nothing when it is no such file.
pub(super) fn loaded(file: &[u8]) -> Option<usize> {
    if !file.starts_with(b"\x7fELF\x01\x01") {
        return None;
    }
    let (first, length, count) = (word(file, 28)?, half(file, 42)?, half(file, 44)?);
    (0..count).try_fold(0_usize, |sum, index| {
        let header = length.checked_mul(index)?.checked_add(first)?;
        let is_load = word(file, header)? == 1;
        sum.checked_add(if is_load { word(file, header.checked_add(16)?)? } else { 0 })
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

    /// A file with two segments that are loaded, of 7 and 5 bytes, and one that is not.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 52];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        (file[28], file[42], file[44]) = (52, 32, 3);
        for (kind, length) in [(1, 7), (4, 100), (1, 5)] {
            let mut header = [0; 32];
            (header[0], header[16]) = (kind, length);
            file.extend(header);
        }
        file
    }

    #[test]
    fn what_is_loaded_is_counted() {
        assert_eq!(loaded(&file()), Some(12));
    }

    #[test]
    fn a_file_that_is_cut_or_of_another_kind_is_none() {
        let file = file();
        assert!((0..file.len() - 12).all(|length| loaded(&file[..length]).is_none()));
        assert_eq!(loaded(b"\x7fELF\x02\x01 and more"), None);
    }
}
