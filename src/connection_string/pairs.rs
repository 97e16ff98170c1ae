//! From a text to the values of the names that are known, with the mistakes that people really make.

use super::{ConnectionString, ConnectionStringError as E, Finding};
use alloc::vec::Vec;

/// The known names. What a value means is not decided here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    HostName,
    DeviceId,
    ModuleId,
    GatewayHostName,
    SharedAccessKeyName,
    SharedAccessKey,
    SharedAccessSignature,
    X509,
}

const NAMES: [(Field, &str); 9] = [
    (Field::HostName, "HostName"),
    (Field::DeviceId, "DeviceId"),
    (Field::ModuleId, "ModuleId"),
    (Field::GatewayHostName, "GatewayHostName"),
    (Field::SharedAccessKeyName, "SharedAccessKeyName"),
    (Field::SharedAccessKey, "SharedAccessKey"),
    (Field::SharedAccessSignature, "SharedAccessSignature"),
    (Field::X509, "x509"),
    // The older name of the same, known to the C# SDK.
    (Field::X509, "X509Cert"),
];

/// Written by portals and SDKs of old, or for programs that are not devices; they mean nothing to a device.
const HISTORICAL: [&str; 3] = ["CredentialScope", "CredentialType", "RepositoryId"];

const PROVISIONING: [&str; 4] = ["ProvisioningHost", "IdScope", "RegistrationId", "UseProvisioning"];

impl Field {
    pub(super) fn as_str(self) -> &'static str {
        NAMES.iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }

    fn find(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(text)).map(|(name, _)| *name)
    }
}

/// A connection string taken apart.
pub(super) struct Pairs<'a> {
    values: Vec<(Field, &'a str)>,
    unknown: Vec<(usize, &'a str)>,
    findings: Vec<Finding>,
}

impl<'a> Pairs<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, E> {
        let mut findings = Vec::new();
        let text = unwrap(text, &mut findings)?;
        let mut this = Self { values: Vec::new(), unknown: Vec::new(), findings };
        let mut bare = None;
        let mut offset = 0;
        for piece in text.split(';') {
            let start = offset;
            offset += piece.len() + 1;
            match piece.split_once('=') {
                Some((name, value)) => this.add(start, name, value)?,
                // An empty piece comes from a `;` at the end, or one too many.
                None if piece.is_empty() => {}
                None => bare = bare.or(Some(start)),
            }
        }
        if this.values.is_empty() && is_key(text) {
            return Err(E::BareKey);
        }
        if this.values.is_empty() && this.unknown.is_empty() {
            return Err(E::NotPairs);
        }
        if let Some(offset) = bare {
            return Err(E::Piece { offset });
        }
        this.misspelt().map_or(Ok(this), Err)
    }

    /// A name that is not there, and one that looks like it. A slip in an optional name would make another identity of
    /// the string, without a word.
    fn misspelt(&self) -> Option<E> {
        let absent = NAMES.iter().filter(|(field, name)| name.len() >= 8 && self.get(*field).is_none());
        absent.map(|(_, name)| *name).find_map(|name| {
            let (offset, _) = self.unknown.iter().find(|(_, other)| is_alike(name, other))?;
            Some(E::Misspelt { name, offset: *offset })
        })
    }

    fn add(&mut self, offset: usize, name: &'a str, value: &'a str) -> Result<(), E> {
        if let Some(name) = Field::find(name) {
            if self.get(name).is_some() {
                return Err(E::Duplicate { name: name.as_str() });
            }
            self.values.push((name, value));
            return Ok(());
        }
        if let Some(name) = Field::find(name.trim()) {
            return Err(E::WhiteSpace { name: name.as_str() });
        }
        if name.eq_ignore_ascii_case("GatewayHost") {
            return Err(E::GatewayHost);
        }
        if !HISTORICAL.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            self.findings.push(Finding::UnknownName { offset });
        }
        self.unknown.push((offset, name));
        Ok(())
    }

    pub(super) fn get(&self, name: Field) -> Option<&'a str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A value that must be there.
    pub(super) fn require(&self, name: Field) -> Result<&'a str, E> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    /// Why a name is not there.
    pub(super) fn missing(&self, name: Field) -> E {
        if self.names_provisioning() {
            return E::Provisioning;
        }
        match self.values.as_slice() {
            [(Field::HostName, _)] => E::CutShort,
            _ => E::Missing { name: name.as_str() },
        }
    }

    /// Why there is no credential.
    pub(super) fn no_credential(&self) -> E {
        match self.missing(Field::SharedAccessKey) {
            E::Missing { .. } => E::NoCredential,
            other => other,
        }
    }

    fn names_provisioning(&self) -> bool {
        self.unknown.iter().any(|(_, name)| PROVISIONING.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// The string itself, without what files and shells put round it.
fn unwrap<'a>(text: &'a str, findings: &mut Vec<Finding>) -> Result<&'a str, E> {
    if text.contains('\0') {
        return Err(E::Utf16);
    }
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            findings.push(Finding::ByteOrderMark);
            rest
        }
        None => text,
    };
    let text = match text.strip_suffix('\n') {
        Some(rest) => {
            findings.push(Finding::LineBreak);
            rest.strip_suffix('\r').unwrap_or(rest)
        }
        None => text,
    };
    if text.trim().is_empty() {
        return Err(E::Empty);
    }
    if text.len() > ConnectionString::LIMIT {
        return Err(E::TooLong);
    }
    if let Some(offset) = text.find(['\n', '\r']) {
        return Err(E::LineBreak { offset });
    }
    match wrapping(text.trim()) {
        Some(what) => Err(E::Wrapped { what }),
        None => Ok(text),
    }
}

fn wrapping(text: &str) -> Option<&'static str> {
    let starts = |with: &[char]| text.starts_with(with);
    let touches = |with: &[char]| text.starts_with(with) || text.ends_with(with);
    if touches(&['“', '”', '„', '‘', '’', '«', '»']) {
        Some("typographic quotation marks (as documentation prints them)")
    } else if touches(&['"']) {
        Some("double quotation marks")
    } else if starts(&['\'']) {
        // An id may end with this one.
        Some("single quotation marks")
    } else if touches(&['`']) {
        Some("backquotes")
    } else if touches(&['{']) || (text.ends_with('}') && !text.contains("={")) {
        Some("braces")
    } else if starts(&['<']) {
        Some("the angle brackets of a template")
    } else {
        None
    }
}

/// Whether a text is nothing but base64, and long enough to be meant as a key.
fn is_key(text: &str) -> bool {
    let symbols = text.trim().trim_end_matches('=');
    symbols.len() >= 16 && symbols.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Whether `other` is `name` but for case and two slips: a letter too many, too few, or another one.
fn is_alike(name: &str, other: &str) -> bool {
    name.len().abs_diff(other.len()) <= 2 && distance(name, other) <= 2
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
    use alloc::format;

    const KEY: &str = "SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==";

    fn error(text: &str) -> Option<E> {
        ConnectionString::parse(text).err()
    }

    #[test]
    fn a_piece_without_a_name_has_its_place() {
        assert_eq!(error("HostName=h;DeviceId"), Some(E::Piece { offset: 11 }));
        assert_eq!(error("HostName=h;;x=1;DeviceId;ModuleId"), Some(E::Piece { offset: 16 }));
        assert_eq!(error(&format!(";HostName=h;;DeviceId=d;{KEY};")), None);
    }

    #[test]
    fn a_text_without_names_is_a_key_or_nothing_known() {
        for key in ["AwoRGB8mLTQ7QklQV15lbA==", "AwoRGB8mLTQ7QklQ", "AwoRGB8m/TQ+QklQ", " AwoRGB8mLTQ7QklQ "] {
            assert_eq!(error(key), Some(E::BareKey), "{key}");
        }
        for text in ["AwoRGB8mLTQ7Qkl", "AwoRGB8mLTQ7Qk-Q", "hello"] {
            assert_eq!(error(text), Some(E::NotPairs), "{text}");
        }
    }

    #[test]
    fn what_is_missing_depends_on_what_is_there() {
        for (text, expected) in [
            ("HostName=h", E::CutShort),
            ("HostName=h;DeviceId=d", E::NoCredential),
            ("HostName=h;ModuleId=m", E::Missing { name: "DeviceId" }),
            ("DeviceId=d;ModuleId=m", E::Missing { name: "HostName" }),
            ("HostName=h;SharedAccessKeyName=p", E::ServiceString),
            ("HostName=h;idscope=s", E::Provisioning),
            ("HostName=h;DeviceId=d;UseProvisioning=true", E::Provisioning),
        ] {
            assert_eq!(error(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_slip_in_a_name_that_is_not_there_is_an_error() {
        let of = |rest: &str| error(&format!("HostName=h;DeviceId=d;{KEY};{rest}"));
        assert_eq!(of("ModuleID1=m"), Some(E::Misspelt { name: "ModuleId", offset: 63 }));
        assert_eq!(of("GatewayHostNam=g"), Some(E::Misspelt { name: "GatewayHostName", offset: 63 }));
        assert_eq!(of("DeviceId1=d"), None, "the name itself is there");
        assert_eq!(of("x50=true"), None, "too short to tell a slip from another name");
        assert_eq!(of("GatewayHost=g"), Some(E::GatewayHost));
        assert_eq!(of(" ModuleId=m"), Some(E::WhiteSpace { name: "ModuleId" }));
        assert_eq!(of("deviceid=d"), Some(E::Duplicate { name: "DeviceId" }));
    }

    #[test]
    fn an_unknown_name_is_reported_unless_it_is_historical() {
        let text = format!("CredentialScope=Device;HostName=h;DeviceId=d;{KEY};a=1;repositoryid=2;b=3");
        let findings = ConnectionString::read(&text).unwrap().1;
        assert_eq!(findings, [Finding::UnknownName { offset: 86 }, Finding::UnknownName { offset: 105 }]);
    }

    #[test]
    fn what_stands_round_a_string_is_named() {
        let text = format!("HostName=h;DeviceId=d;{KEY}");
        for (left, right, what) in [
            ("“", "", "typographic"),
            ("", "”", "typographic"),
            ("\"", "", "double"),
            ("", "\"", "double"),
            ("'", "'", "single"),
            ("`", "", "backquotes"),
            ("", "`", "backquotes"),
            ("{", "", "braces"),
            ("", "}", "braces"),
            ("<", "", "angle"),
        ] {
            let Some(E::Wrapped { what: found }) = error(&format!("{left}{text}{right}")) else {
                panic!("{left}{right}")
            };
            assert!(found.contains(what), "{found}");
        }
        assert_eq!(error("HostName=h;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==;DeviceId=d'"), None);
        assert!(matches!(error("HostName=h;DeviceId={id}"), Some(E::NoCredential)), "a value is a placeholder");
    }

    #[test]
    fn what_a_file_puts_round_a_string_is_left_out_and_said() {
        let text = format!("HostName=h;DeviceId=d;{KEY}");
        let findings = |text: &str| ConnectionString::read(text).map(|(_, findings)| findings);
        assert_eq!(findings(&format!("\u{feff}{text}\r\n")), Ok([Finding::ByteOrderMark, Finding::LineBreak].into()));
        assert_eq!(findings(&text), Ok(Vec::new()));
        assert_eq!(error(&format!("{text}\n\n")), Some(E::LineBreak { offset: text.len() }));
        assert_eq!(error(&text.replacen(';', "\0", 1)), Some(E::Utf16));
        assert_eq!(error("\u{feff} \n"), Some(E::Empty));
    }

    #[test]
    fn the_text_of_a_string_has_a_limit() {
        let of = |length: usize| format!("HostName=h;DeviceId=d;{KEY};x={}", "x".repeat(length - 65));
        assert_eq!(error(&of(ConnectionString::LIMIT)), None);
        assert_eq!(error(&of(ConnectionString::LIMIT + 1)), Some(E::TooLong));
    }

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
}
