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
