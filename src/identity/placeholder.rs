//! What templates and documentation leave where a value belongs.

/// Whether the text has something in braces, angle brackets or square brackets: `{YourIoTHubName}.azure-devices.net`.
pub(crate) fn is_in(text: &str) -> bool {
    [('{', '}'), ('<', '>'), ('[', ']')]
        .into_iter()
        .any(|(open, close)| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close)))
}

/// Whether the text has a variable that was not expanded, or dots in place of an omitted part: `$HUB`, `%HUB%`,
/// `...`. Only for values in which none of these characters is allowed.
pub(crate) fn is_variable_in(text: &str) -> bool {
    is_expandable(text) || text.contains("...")
}

/// The same for values that may have dots in a row.
pub(super) fn is_expandable(text: &str) -> bool {
    text.contains(['$', '…']) || has_percent_variable(text)
}

/// `%NAME%`. The name begins with a letter and has three or more, so that two escapes of percent-encoding (`%2B`, `%3D`)
/// are not taken for one.
fn has_percent_variable(text: &str) -> bool {
    let is_name = |part: &str| {
        part.len() >= 3
            && part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    // The first part has no `%` before it, the last none after it.
    let mut parts = text.split('%').skip(1).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_some() && is_name(part) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_every_kind_make_a_placeholder() {
        for text in ["{YourIoTHubName}.azure-devices.net", "a<key>", "[id]", "${HUB}", "dev-{}", "{{ key }}", "{a[0]"] {
            assert!(is_in(text), "{text}");
        }
        for text in ["", "a", "{", "a}", "}{", "><", "<a}", "]a["] {
            assert!(!is_in(text), "{text}");
        }
    }

    #[test]
    fn a_variable_is_no_value() {
        for text in ["$HUB.net", "$(HUB)", "%HUB%.net", "a%IOT_HUB%", "...", "…", "Aw...w="] {
            assert!(is_variable_in(text), "{text}");
        }
        for text in ["", "contoso.net", "a%2Bb%3D", "%3D%3D", "%AB", "%AB%", "100%", "a..b"] {
            assert!(!is_variable_in(text), "{text}");
        }
    }
}
