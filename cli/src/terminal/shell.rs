//! Words of a command line that is printed for the user to type: in a POSIX shell, and on Windows in PowerShell.

/// The word, quoted if the shell would not take it literally.
pub(crate) fn quoted(word: &str) -> String {
    if cfg!(windows) { for_powershell(word) } else { for_posix(word) }
}

fn for_posix(word: &str) -> String {
    if is_plain(word, "-._/:=,@%") {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Double quotes where they are enough, because `cmd` knows no others. Within single quotes PowerShell replaces nothing.
fn for_powershell(word: &str) -> String {
    if is_plain(word, r"-._/\:=") {
        return word.into();
    }
    if !word.contains(['"', '$', '`', '%', '!', '\u{201c}', '\u{201d}', '\u{201e}']) {
        // Programs read `\"` as a quotation mark.
        let end = &word[word.trim_end_matches('\\').len()..];
        return format!("\"{word}{end}\"");
    }
    let mut quoted = String::from("'");
    for c in word.chars() {
        // What ends the quotation is written twice: the apostrophe, and what editors make of it.
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted + "'"
}

fn is_plain(word: &str, others: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_only_when_a_posix_shell_would_change_it() {
        for plain in ["dev-01", "swtpm:path=/run/tpm", "@a%b"] {
            assert_eq!(for_posix(plain), plain);
        }
        let words = ["a b", "it's", "", "$x"].map(for_posix);
        assert_eq!(words, ["'a b'", r"'it'\''s'", "''", "'$x'"]);
    }

    #[test]
    fn a_word_is_quoted_only_when_powershell_would_change_it() {
        for plain in ["dev-01", r"C:\keys\device.key", "swtpm:host=::1"] {
            assert_eq!(for_powershell(plain), plain);
        }
        for (word, quoted) in [
            (r"C:\Program Files\keys", r#""C:\Program Files\keys""#),
            (r"C:\my keys\", r#""C:\my keys\\""#),
            ("a,b", r#""a,b""#),
            ("@a", r#""@a""#),
            ("it's", r#""it's""#),
            ("", r#""""#),
            ("$x", "'$x'"),
            ("100%", "'100%'"),
            ("a`b's", "'a`b''s'"),
            ("$\u{2019}", "'$\u{2019}\u{2019}'"),
        ] {
            assert_eq!(for_powershell(word), quoted, "{word}");
        }
    }
}
