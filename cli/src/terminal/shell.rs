//! Words of a command line that is printed for the user to type.

/// The word, quoted if a POSIX shell would not take it literally.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_is_quoted_only_when_a_shell_would_change_it() {
        for plain in ["dev-01", "swtpm:path=/run/tpm", "@a%b"] {
            assert_eq!(quoted(plain), plain);
        }
        assert_eq!([quoted("a b"), quoted("it's"), quoted(""), quoted("$x")], ["'a b'", r"'it'\''s'", "''", "'$x'"]);
    }
}
