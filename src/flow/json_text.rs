//! Texts of JSON that are secret: read without a copy that is not wiped.

use crate::base::secret::SecretText;
use serde_json::value::RawValue;

/// The text of a JSON string. serde would build one with escapes in it in memory that it does not wipe. `None` for what is
/// no string, and for an escape of a character beyond ASCII, which is in no key.
pub(crate) fn secret_text(json: &RawValue) -> Option<SecretText> {
    let inside = quoted(json)?;
    let mut is_text = true;
    let text = SecretText::build(inside.len(), |text| {
        let mut rest = inside;
        while let Some((plain, after)) = rest.split_once('\\') {
            text.push_str(plain);
            let Some((character, after)) = unescaped(after) else {
                is_text = false;
                return;
            };
            text.push(character);
            rest = after;
        }
        text.push_str(rest);
    });
    is_text.then_some(text)
}

/// The characters between the quotation marks, as they are written.
pub(crate) fn quoted(json: &RawValue) -> Option<&str> {
    json.get().strip_prefix('"')?.strip_suffix('"')
}

/// The character that an escape stands for, without its backslash, and what follows.
fn unescaped(escape: &str) -> Option<(char, &str)> {
    let mut rest = escape.chars();
    let character = match rest.next()? {
        same @ ('"' | '\\' | '/') => same,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let (digits, rest) = rest.as_str().split_at_checked(4)?;
            let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            return char::from_u32(code).filter(char::is_ascii).map(|character| (character, rest));
        }
        _ => return None,
    };
    Some((character, rest.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<SecretText> {
        secret_text(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn every_escape_of_ascii_is_read() {
        let text = read(r#""a\"\\\/\n\r\t\b\f\u0041\u002fz""#).unwrap();
        assert_eq!(text.expose(), "a\"\\/\n\r\t\u{8}\u{c}A/z");
        for (json, text) in [(r#""""#, ""), (r#""ab+/=""#, "ab+/="), (r#""a\/b\/""#, "a/b/"), (r#""\/\u0061b""#, "/ab")]
        {
            assert_eq!(read(json).unwrap().expose(), text, "{json}");
        }
    }

    #[test]
    fn what_is_no_string_and_what_is_beyond_ascii_is_none() {
        for json in ["1", "null", "{}", "[\"a\"]", r#""\u00e9""#, r#""\ud83d\ude00""#] {
            assert!(read(json).is_none(), "{json}");
        }
    }
}
