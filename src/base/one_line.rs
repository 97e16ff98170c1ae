use core::fmt::{self, Write as _};

/// A text from outside, as part of one line: characters that [steer](steers) a terminal are escaped (`\n`, `\u{1b}`), and
/// all others, also those of other scripts, stay as they are.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| if steers(c) { c.escape_default().fmt(f) } else { f.write_char(c) })
    }
}

/// Whether a character ends the line, moves the cursor or changes the direction of the text.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::OneLine;
    use alloc::string::ToString as _;

    #[test]
    fn only_characters_that_steer_a_terminal_are_escaped() {
        for (text, line) in [
            ("a\x1b[31m\nb\r\t\0\u{7f}\u{9b}", r"a\u{1b}[31m\nb\r\t\u{0}\u{7f}\u{9b}"),
            ("\u{202e}gpj\u{2028}\u{2066}\u{feff}\u{61c}", r"\u{202e}gpj\u{2028}\u{2066}\u{feff}\u{61c}"),
            (r"C:\new\ Schlüssel 鍵 🔑 'e\u{301}'", r"C:\new\ Schlüssel 鍵 🔑 'e\u{301}'"),
        ] {
            assert_eq!(OneLine(text).to_string(), line);
        }
    }
}
