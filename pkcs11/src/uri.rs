//! The URI that names a private key in a token.

use crate::uri_error::{LIMIT, UriError, ValueProblem};
use std::{collections::BTreeMap, fmt, str::FromStr};
use zeroize::Zeroizing;

const SCHEME: &str = "pkcs11:";

/// The attributes of the path whose values are text.
const PATH: [&str; 10] = [
    "token",
    "manufacturer",
    "serial",
    "model",
    "object",
    "type",
    "slot-description",
    "slot-manufacturer",
    "library-manufacturer",
    "library-description",
];
const QUERY: [&str; 3] = ["module-path", "module-name", "pin-source"];

/// What values may hold beside letters, digits and `-._~`.
const IN_PATH: &str = ":[]@!$'()*+,=&";
const IN_QUERY: &str = ":[]@!$'()*+,=/?|";

/// The name of one private key in one token: a PKCS#11 URI.
///
/// Every attribute of RFC 7512 restricts what matches. An attribute that is not defined there is refused, because it may be
/// a misspelt one, except when its name begins with `x-`.
///
/// ```
/// use defender_auth_pkcs11::Uri;
///
/// let uri: Uri = "pkcs11:token=agent;object=device-key?module-name=softhsm2&pin-source=/etc/agent/pin".parse()?;
/// assert_eq!((uri.token(), uri.object()), (Some("agent"), Some("device-key")));
/// # Ok::<_, defender_auth_pkcs11::UriError>(())
/// ```
///
/// Source: RFC 7512.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uri {
    texts: BTreeMap<&'static str, String>,
    id: Option<Vec<u8>>,
    slot: Option<u64>,
    version: Option<(u8, u8)>,
    has_pin_value: bool,
}

impl Uri {
    /// The label of the token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.text("token")
    }

    /// The label of the key.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.text("object")
    }

    /// The identifier of the key.
    #[must_use]
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// The file of the module, or the folder in which `module-name` is searched for.
    #[must_use]
    pub fn module_path(&self) -> Option<&str> {
        self.text("module-path")
    }

    /// The name of the module, without `lib` and `.so`; on Windows without `.dll`.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.text("module-name")
    }

    /// The file with the PIN.
    #[must_use]
    pub fn pin_source(&self) -> Option<&str> {
        self.text("pin-source")
    }

    /// Whether the PIN itself is in it. The value is not kept, and a key is not opened by such a URI.
    #[must_use]
    pub const fn has_pin_value(&self) -> bool {
        self.has_pin_value
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// Whether an attribute of the path allows this value.
    pub(crate) fn allows(&self, name: &str, value: &str) -> bool {
        self.text(name).is_none_or(|wanted| wanted == value)
    }

    pub(crate) fn allows_slot(&self, slot: u64) -> bool {
        self.slot.is_none_or(|wanted| wanted == slot)
    }

    pub(crate) fn allows_version(&self, version: (u8, u8)) -> bool {
        self.version.is_none_or(|wanted| wanted == version)
    }

    fn set(&mut self, attribute: &Attribute<'_>, known: &[&'static str]) -> Result<(), UriError> {
        let Some(name) = known.iter().find(|known| **known == attribute.name) else {
            return if attribute.name.starts_with("x-") {
                Ok(())
            } else {
                Err(UriError::Unknown { offset: attribute.offset })
            };
        };
        let value = attribute.text(name)?;
        let problem = match *name {
            "type" if value != "private" => Some(ValueProblem::NotAPrivateKey),
            "module-name" | "pin-source" if value.is_empty() => Some(ValueProblem::Empty),
            "module-name" if value.contains('/') => Some(ValueProblem::NotAName),
            "module-path" if !value.starts_with('/') => Some(ValueProblem::Relative),
            "pin-source" if value.starts_with('|') => Some(ValueProblem::Program),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(invalid(name, problem));
        }
        once(name, self.texts.insert(name, value.to_owned()))
    }

    fn set_of_path(&mut self, attribute: &Attribute<'_>) -> Result<(), UriError> {
        match attribute.name {
            "id" => once("id", self.id.replace(attribute.value.to_vec())),
            "slot-id" => {
                let slot = decimal(attribute.text("slot-id")?);
                once("slot-id", self.slot.replace(slot.ok_or(invalid("slot-id", ValueProblem::NotANumber))?))
            }
            "library-version" => {
                let text = attribute.text("library-version")?;
                let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
                let version = decimal(major).zip(decimal(minor));
                let version = version.ok_or(invalid("library-version", ValueProblem::NotAVersion))?;
                once("library-version", self.version.replace(version))
            }
            _ => self.set(attribute, &PATH),
        }
    }

    fn set_of_query(&mut self, attribute: &Attribute<'_>) -> Result<(), UriError> {
        if attribute.name != "pin-value" {
            return self.set(attribute, &QUERY);
        }
        attribute.text("pin-value")?;
        once("pin-value", std::mem::replace(&mut self.has_pin_value, true).then_some(()))
    }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let (scheme, rest) = text.split_at_checked(SCHEME.len()).ok_or(UriError::Scheme)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(UriError::Scheme);
        }
        if text.len() > LIMIT {
            return Err(UriError::TooLong);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        each(path, ';', IN_PATH, SCHEME.len(), |attribute| uri.set_of_path(attribute))?;
        each(query, '&', IN_QUERY, SCHEME.len() + path.len() + 1, |attribute| uri.set_of_query(attribute))?;
        if uri.has_pin_value && uri.pin_source().is_some() {
            return Err(UriError::BothPins);
        }
        Ok(uri)
    }
}

/// One attribute, with its value decoded.
struct Attribute<'a> {
    name: &'a str,
    value: Zeroizing<Vec<u8>>,
    offset: usize,
}

impl Attribute<'_> {
    fn text(&self, name: &'static str) -> Result<&str, UriError> {
        match str::from_utf8(&self.value) {
            Ok(text) if !text.contains('\0') => Ok(text),
            Ok(_) => Err(invalid(name, ValueProblem::Nul)),
            Err(_) => Err(invalid(name, ValueProblem::NotUtf8)),
        }
    }
}

/// Hands over each attribute of a list, which may be empty.
fn each(
    list: &str,
    separator: char,
    allowed: &str,
    mut offset: usize,
    mut take: impl FnMut(&Attribute<'_>) -> Result<(), UriError>,
) -> Result<(), UriError> {
    for part in list.split(separator).filter(|_| !list.is_empty()) {
        let (name, value) = part.split_once('=').ok_or(UriError::NotAnAttribute { offset })?;
        let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(is_of_a_name) {
            return Err(UriError::NotAnAttribute { offset });
        }
        take(&Attribute { name, value: decode(value, allowed, offset + name.len() + 1)?, offset })?;
        offset += part.len() + 1;
    }
    Ok(())
}

fn decode(value: &str, allowed: &str, offset: usize) -> Result<Zeroizing<Vec<u8>>, UriError> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut characters = value.char_indices();
    while let Some((at, c)) = characters.next() {
        let offset = offset + at;
        decoded.push(match c {
            '%' => {
                let mut digit = || characters.next().and_then(|(_, c)| c.to_digit(16));
                let (high, low) = digit().zip(digit()).ok_or(UriError::Percent { offset })?;
                u8::try_from(high << 4 | low).map_err(|_| UriError::Percent { offset })?
            }
            _ if is_unreserved(c) || allowed.contains(c) => {
                u8::try_from(c).map_err(|_| UriError::Character { offset })?
            }
            _ => return Err(UriError::Character { offset }),
        });
    }
    Ok(decoded)
}

const fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

const fn invalid(name: &'static str, problem: ValueProblem) -> UriError {
    UriError::Value { name, problem }
}

fn once<T>(name: &'static str, before: Option<T>) -> Result<(), UriError> {
    before.map_or(Ok(()), |_| Err(UriError::Twice { name }))
}

/// Digits only: `parse` alone would take a plus sign.
fn decimal<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The URI again, in one order of its attributes, without `pin-value` and without attributes that were ignored.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = |names: &[&'static str], allowed: &str| {
            let given = names.iter().filter_map(|name| Some((name, self.text(name)?)));
            given.map(|(name, text)| format!("{name}={}", encode(text.as_bytes(), allowed))).collect::<Vec<_>>()
        };
        let mut path = texts(&PATH, IN_PATH);
        // An identifier is seldom text.
        path.extend(self.id.as_ref().map(|id| format!("id={}", encode(id, ""))));
        path.extend(self.slot.map(|slot| format!("slot-id={slot}")));
        path.extend(self.version.map(|(major, minor)| format!("library-version={major}.{minor}")));
        let query = texts(&QUERY, IN_QUERY);
        let mark = if query.is_empty() { "" } else { "?" };
        write!(f, "{SCHEME}{}{mark}{}", path.join(";"), query.join("&"))
    }
}

fn encode(bytes: &[u8], allowed: &str) -> String {
    let encoded = bytes.iter().map(|byte| match char::from(*byte) {
        c if is_unreserved(c) || allowed.contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests;
