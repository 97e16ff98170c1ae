use std::fmt::Display;

/// A text as one line: a file name may have any character, and those that end the line, move the cursor or change the
/// direction of the text are escaped (`\n`, `\u{1b}`). All others stay as they are.
pub(crate) fn one_line(text: impl Display) -> String {
    let mut line = String::new();
    for c in text.to_string().chars() {
        match c {
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                line.extend(c.escape_unicode());
            }
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line
}
