//! A login that somebody pasted: JSON, or lines with a name and a value, as programs and settings of clients have them.

use crate::{input::text_file::TextFile, terminal::failure::Failure};
use defender_auth::secret::SecretText;
use serde_json::Value;

/// More than the longest fields of a CONNECT that a hub accepts.
pub(super) const LIMIT: usize = 64 * 1024;

/// Which field a line is, by the names that programs have for it. The longest name of several comes first.
const NAMES: [(&str, Field); 21] = [
    ("remote_clientid", Field::ClientId),
    ("remote_username", Field::UserName),
    ("remote_password", Field::Password),
    ("client identifier", Field::ClientId),
    ("client_id", Field::ClientId),
    ("client id", Field::ClientId),
    ("client-id", Field::ClientId),
    ("clientid", Field::ClientId),
    ("user_name", Field::UserName),
    ("user name", Field::UserName),
    ("user-name", Field::UserName),
    ("username", Field::UserName),
    ("password", Field::Password),
    ("user", Field::UserName),
    ("host_name", Field::Host),
    ("host name", Field::Host),
    ("hostname", Field::Host),
    ("address", Field::Host),
    ("broker", Field::Host),
    ("server", Field::Host),
    ("host", Field::Host),
];

/// Options of `mosquitto_pub`, whose case matters.
const OPTIONS: [(&str, Field); 4] =
    [("-i", Field::ClientId), ("-u", Field::UserName), ("-P", Field::Password), ("-h", Field::Host)];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    ClientId,
    UserName,
    Password,
    Host,
}

/// The fields that were found.
#[derive(Default)]
pub(super) struct Pasted {
    pub(super) host: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) user_name: Option<String>,
    pub(super) password: Option<SecretText>,
}

impl Pasted {
    /// Reads the text of a file.
    pub(super) fn read(file: &TextFile) -> Result<Self, Failure> {
        let text = file.text_without_mark();
        let mut pasted = Self::default();
        let is_json = text.trim_start().starts_with('{');
        let done = if is_json { pasted.read_json(text) } else { pasted.read_lines(text) };
        done.map_err(|what| Failure::content(file.place(), what))?;
        if pasted.client_id.is_none() && pasted.user_name.is_none() && pasted.password.is_none() {
            let what = "there is no field of a login; give `client_id`, `user_name` and `password`, one on each line, or as \
                        JSON";
            return Err(Failure::content(file.place(), what));
        }
        Ok(pasted)
    }

    fn read_json(&mut self, text: &str) -> Result<(), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            format!("it is not JSON (line {}); give one object with client_id, user_name and password", error.line())
        })?;
        for (name, value) in value.as_object().into_iter().flatten() {
            let (Some((_, field)), Some(value)) = (named(name), value.as_str()) else { continue };
            self.set(field, value)?;
        }
        Ok(())
    }

    fn read_lines(&mut self, text: &str) -> Result<(), String> {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let Some((rest, field)) = named(line) else { continue };
            // `user-agent: …` is none of the names.
            let Some(value) = rest.strip_prefix([':', '=', ' ', '\t']) else { continue };
            self.set(field, value.trim_start_matches([':', '=', ' ', '\t']))?;
        }
        Ok(())
    }

    fn set(&mut self, field: Field, value: &str) -> Result<(), String> {
        let (name, place) = match field {
            Field::ClientId => ("client ID", &mut self.client_id),
            Field::UserName => ("user name", &mut self.user_name),
            Field::Host => ("host", &mut self.host),
            Field::Password if self.password.is_some() => return Err(twice("password")),
            Field::Password => {
                self.password = Some(SecretText::new(unquoted(value).into()));
                return Ok(());
            }
        };
        match place.replace(unquoted(value).into()) {
            Some(_) => Err(twice(name)),
            None => Ok(()),
        }
    }
}

fn twice(name: &str) -> String {
    format!("the {name} is there twice; give one login")
}

/// The field that a line begins with, and the rest of it.
fn named(line: &str) -> Option<(&str, Field)> {
    let exact = OPTIONS.iter().find_map(|(name, field)| Some((line.strip_prefix(name)?, *field)));
    exact.or_else(|| {
        NAMES.iter().find_map(|(name, field)| {
            let (start, rest) = line.split_at_checked(name.len())?;
            start.eq_ignore_ascii_case(name).then_some((rest, *field))
        })
    })
}

/// Without the quotation marks of a program's text.
fn unquoted(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches([',', ';']);
    let inner = |quote| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
