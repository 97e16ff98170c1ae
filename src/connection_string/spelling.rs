//! Whether an unknown name is a known one with a spelling error.

use alloc::vec::Vec;

/// Whether `other` is `name` but for case and two slips: a letter too many, too few, or another one.
pub(super) fn is_alike(name: &str, other: &str) -> bool {
    name.len().abs_diff(other.len()) <= 2 && distance(name, other) <= 2
}

/// Whether `other` is `name` but for case and one slip, or two neighbouring letters in the wrong order.
pub(super) fn is_nearly(name: &str, other: &str) -> bool {
    name.len().abs_diff(other.len()) <= 1 && (distance(name, other) <= 1 || is_swapped(name, other))
}

/// Whether two neighbouring letters have changed places.
fn is_swapped(name: &str, other: &str) -> bool {
    let alike = |(a, b): &(u8, u8)| a.eq_ignore_ascii_case(b);
    let pairs = || name.bytes().zip(other.bytes());
    let at = pairs().take_while(alike).count();
    let [Some((a, b)), Some((c, d))] = [pairs().nth(at), pairs().nth(at + 1)] else { return false };
    name.len() == other.len() && alike(&(a, d)) && alike(&(b, c)) && pairs().skip(at + 2).all(|pair| alike(&pair))
}

/// How many slips make one word of the other (Levenshtein's distance), a row at a time.
fn distance(word: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in word.bytes().enumerate() {
        let (mut diagonal, mut left) = (i, i + 1);
        for (slot, other) in row.iter_mut().skip(1).zip(other.bytes()) {
            let above = *slot;
            let changed = diagonal + usize::from(!letter.eq_ignore_ascii_case(&other));
            left = changed.min(above + 1).min(left + 1);
            *slot = left;
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (word, other, slips) in [
            ("", "", 0),
            ("abc", "ABC", 0),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
            ("flaw", "lawn", 2),
            ("abcdef", "xabcdef", 1),
            ("abcdef", "acdef", 1),
        ] {
            assert_eq!((distance(word, other), distance(other, word)), (slips, slips), "{word} {other}");
        }
    }

    #[test]
    fn slips_are_recognised() {
        for other in ["SharedAccesKey", "SharedAccessKe", "SharedAccessKeyy", "shardaccesskey", "SharedAccessKey"] {
            assert!(is_alike("SharedAccessKey", other), "{other}");
        }
        for other in ["", "Key", "SharedKey", "DeviceId", "SharedAccessKeyName"] {
            assert!(!is_alike("SharedAccessKey", other), "{other}");
        }
        assert!(is_alike("HostName", "HotsName"));
    }

    #[test]
    fn one_slip_is_nearer_than_two() {
        for other in ["ModulId", "ModuleID1", "modulaid", "MoudleId", "ModuleDi", "ModuleId"] {
            assert!(is_nearly("ModuleId", other), "{other}");
        }
        for other in ["ModelId", "MobileId", "Modul", "dMouleIx", "MoudleDi", "ModuleIdee", "oM"] {
            assert!(!is_nearly("ModuleId", other), "{other}");
        }
    }
}
