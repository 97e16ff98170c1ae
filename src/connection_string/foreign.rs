//! Texts of other kinds that are given in place of a connection string, recognised by their form.

use super::field::Field;
use core::fmt;

/// What a text is that is not a connection string of IoT Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignText {
    /// `Endpoint=sb://…`: Event Hubs, Service Bus, and the endpoint of a hub that is compatible with Event Hubs.
    ServiceBus,
    /// `DefaultEndpointsProtocol=…;AccountName=…`
    Storage,
    /// `AccountEndpoint=…`, `InstrumentationKey=…`, `Server=…` and the like.
    OtherService,
    /// `SharedAccessSignature sr=…`
    SasToken,
    /// JSON, as the Azure CLI prints it.
    Json,
    /// TOML: the configuration of the IoT identity service or of IoT Edge.
    Toml,
    /// YAML: the configuration of IoT Edge 1.1.
    Yaml,
    /// XML.
    Xml,
    /// A certificate or a key.
    Pem,
    /// A connection string in base64, as a Kubernetes secret stores it.
    Base64,
    /// `https://…`
    Url,
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceBus => {
                "the connection string of Event Hubs or Service Bus (`Endpoint=sb://`), with which back ends read \
                 messages; give the one that begins with `HostName=`"
            }
            Self::Storage => {
                "the connection string of a storage account (`AccountName`, `AccountKey`); give the one that begins \
                 with `HostName=`"
            }
            Self::OtherService => {
                "the connection string of another Azure service; give the one of IoT Hub, which begins with \
                 `HostName=`"
            }
            Self::SasToken => {
                "a SAS token, not a connection string; write `HostName=…;DeviceId=…;SharedAccessSignature=` before it"
            }
            Self::Json => {
                "JSON, not a connection string; give the string alone, without braces and quotation marks (with the \
                 Azure CLI: `--output tsv`)"
            }
            Self::Toml => {
                "TOML, the configuration of the IoT identity service or of IoT Edge; give the text in the quotation \
                 marks after `connection_string =`, if there is one"
            }
            Self::Yaml => {
                "YAML, the configuration of IoT Edge 1.1; give the text in the quotation marks after \
                 `device_connection_string:`, if there is one"
            }
            Self::Xml => "XML, not a connection string; give the string alone, without elements and attributes",
            Self::Pem => {
                "a PEM file (a certificate or a key), not a connection string; a connection string has `x509=true` \
                 and the certificate is in a file of its own"
            }
            Self::Base64 => {
                "the base64 of a connection string, as a Kubernetes secret stores it; decode it (`base64 --decode`)"
            }
            Self::Url => "a URL, not a connection string; one begins with `HostName=`",
        })
    }
}

impl ForeignText {
    /// The kind of a text that is no list of pairs.
    pub(super) fn recognise(text: &str) -> Option<Self> {
        let text = text.trim();
        let (first, has_more) = first_line(text)?;
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        if is_json(text) {
            Some(Self::Json)
        } else if is_xml(text) {
            Some(Self::Xml)
        } else if first.starts_with("-----BEGIN ") {
            Some(Self::Pem)
        } else if text.starts_with("SharedAccessSignature ") || (text.starts_with("sr=") && text.contains("&sig=")) {
            Some(Self::SasToken)
        } else if text.starts_with(HOST_NAME_IN_BASE64) {
            Some(Self::Base64)
        } else if !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Some(Self::Url)
        } else if is_toml(first, has_more) {
            Some(Self::Toml)
        } else if is_yaml(first, has_more) {
            Some(Self::Yaml)
        } else {
            None
        }
    }

    /// Whose connection string has a pair that IoT Hub's have not.
    pub(super) fn of_pair(name: &str, value: &str) -> Option<Self> {
        let is_one_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let is_service_bus = name.eq_ignore_ascii_case("Endpoint")
            && value.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sb://"));
        if is_service_bus || is_one_of(&["EntityPath"]) {
            Some(Self::ServiceBus)
        } else if is_one_of(&STORAGE) {
            Some(Self::Storage)
        } else if is_one_of(&OTHER_SERVICES) {
            Some(Self::OtherService)
        } else {
            None
        }
    }
}

/// `HostName=`
const HOST_NAME_IN_BASE64: &str = "SG9zdE5hbWU9";

const STORAGE: [&str; 8] = [
    "DefaultEndpointsProtocol",
    "AccountName",
    "AccountKey",
    "BlobEndpoint",
    "QueueEndpoint",
    "TableEndpoint",
    "FileEndpoint",
    "UseDevelopmentStorage",
];

/// App Configuration and Communication Services, Cosmos DB, Application Insights, SQL.
const OTHER_SERVICES: [&str; 8] = [
    "Endpoint",
    "AccountEndpoint",
    "InstrumentationKey",
    "IngestionEndpoint",
    "Server",
    "Data Source",
    "Initial Catalog",
    "AccessKey",
];

/// The first line that is neither empty nor a comment, and whether there are others after it.
fn first_line(text: &str) -> Option<(&str, bool)> {
    let is_comment = |line: &str| line.starts_with('#') && !line.starts_with("#define");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "---" && !is_comment(line));
    Some((lines.next()?, lines.next().is_some()))
}

fn is_json(text: &str) -> bool {
    let inside = |open| text.strip_prefix(open).map(str::trim_start);
    inside('{').is_some_and(|inside| inside.starts_with(['"', '}']))
        || inside('[').is_some_and(|inside| inside.starts_with(['"', '{', ']']))
}

fn is_xml(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('<') else { return false };
    let name = inside.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let is_element = name > 0 && inside.get(name..).is_some_and(|rest| rest.starts_with([' ', '>', '/', '\n', '\r']));
    inside.starts_with(['?', '!']) || (is_element && (text.contains("</") || text.contains("/>")))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn is_quoted(text: &str) -> bool {
    text.starts_with(['"', '\''])
}

/// `[provisioning]`, or `source = "manual"`.
fn is_toml(first: &str, has_more: bool) -> bool {
    let header = first.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if header.is_some_and(|(name, _)| has_more && is_word(name.trim_start_matches('['))) {
        return true;
    }
    let Some((name, value)) = first.split_once('=') else { return false };
    let key = name.trim();
    // Capital letters are those of a connection string, or of a variable of an environment.
    let is_key = is_word(key) && !key.contains(|letter: char| letter.is_ascii_uppercase());
    let is_known = Field::find(key).is_some();
    is_key && if is_quoted(value.trim_start()) { has_more || !is_known } else { has_more && name.ends_with(' ') }
}

/// `provisioning:`, or `device_connection_string: "…"`.
fn is_yaml(first: &str, has_more: bool) -> bool {
    let Some((key, value)) = first.trim_start_matches("- ").split_once(':') else { return false };
    let is_pair = is_word(key) && (value.is_empty() || value.starts_with(' '));
    is_pair && (has_more || is_quoted(value.trim_start()) || key.contains('_'))
}

/// Whether a label, the name of a variable or an assignment comes before the first name of a connection string:
/// `Primary connection string: HostName=…`, `CONNECTION="HostName=…"`.
pub(super) fn is_labelled(text: &str) -> bool {
    let Some((line, _)) = first_line(text) else { return false };
    let Some((before, after)) = line.split_once('=').filter(|(before, _)| !before.contains(';')) else { return false };
    if is_assigned(before, after) {
        return true;
    }
    FIRST_NAMES.into_iter().any(|name| {
        let Some(label) = label(before, name) else { return false };
        let is_text = label.contains(is_of_word);
        is_text && label.ends_with(is_separator) && !has_pair(after, name)
    })
}

/// The names with which a connection string begins.
const FIRST_NAMES: [&str; 2] = ["HostName", "DeviceId"];

/// Whether the value of an unknown name is a connection string.
fn is_assigned(name: &str, value: &str) -> bool {
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    let first = value.split_once('=').map_or("", |(first, _)| first);
    Field::find(name.trim()).is_none() && FIRST_NAMES.iter().any(|name| name.eq_ignore_ascii_case(first))
}

/// What comes before a name at the end of a text.
fn label<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (label, end) = text.split_at_checked(text.len().checked_sub(name.len())?)?;
    end.eq_ignore_ascii_case(name).then_some(label)
}

fn is_separator(letter: char) -> bool {
    !is_of_word(letter) && !matches!(letter, '-' | '_' | '.')
}

/// Whether it is a letter or a digit. Beyond ASCII that is everything but this punctuation: the tables of Unicode would be 3 KB on a
/// microcontroller.
fn is_of_word(letter: char) -> bool {
    const PUNCTUATION: &str = "：＝；，、。“”„‘’«»‹›–—…→•\u{feff}\u{200b}";
    letter.is_ascii_alphanumeric()
        || !(letter.is_ascii() || letter.is_whitespace() || letter.is_control() || PUNCTUATION.contains(letter))
}

/// Whether one of the pieces after the first has this name.
fn has_pair(text: &str, name: &str) -> bool {
    text.split(';').skip(1).filter_map(|piece| piece.split_once('=')).any(|(other, _)| other.eq_ignore_ascii_case(name))
}
