//! The texts of a snapshot. Version 1:
//!
//! ```json
//! { "format": "defender-auth session", "version": 1, "readableSince": 1,
//!   "assignment": { "source": "dps", "owner": "0ne00000001/dev-01", "hub": "h.azure-devices.net", "device": "dev-01", "module": "m" },
//!   "working": "dps/primary", "floor": 1800000000, "registrationsOwedUntil": 1800007200, "connectsOwedUntil": 1800000180,
//!   "certificatesOwedUntil": 1800021600, "passes": 0 }
//! { "of": "h.azure-devices.net/dev-01/m", "primary": "...", "secondary": "..." }
//! ```
//! The assignment has a `connectionProfile` if that of its hub is not classic.
//! A reader takes every version whose `readableSince` it knows, and keeps the members that it does not know.

use super::{
    assignment::Assignment,
    snapshot::{Snapshot, SnapshotError},
};
use crate::{
    base::secret::SecretText, credential::SymmetricKeys, flow::outcome::ConnectionProfile, key::SharedAccessKey,
};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

const FORMAT: &str = "defender-auth session";
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    format: &'a str,
    version: u32,
    readable_since: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<AssignmentText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    working: Option<&'a str>,
    floor: u64,
    registrations_owed_until: u64,
    connects_owed_until: u64,
    #[serde(skip_serializing_if = "is_zero")]
    certificates_owed_until: u64,
    passes: u32,
    #[serde(flatten)]
    others: &'a BTreeMap<String, Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentText {
    source: String,
    owner: String,
    hub: String,
    device: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection_profile: Option<String>,
}

/// The form that `serde` asks for.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(debt: &u64) -> bool {
    *debt == 0
}

/// Keys are borrowed from the secret text: none is copied into memory that is not wiped. Base64 has no escapes.
#[derive(Deserialize)]
struct KeysText<'a> {
    of: String,
    primary: &'a str,
    #[serde(default)]
    secondary: Option<&'a str>,
}

/// The members that have not been read yet.
struct Members(BTreeMap<String, Box<RawValue>>);

impl Members {
    fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>, SnapshotError> {
        let member = |json: Box<RawValue>| serde_json::from_str(json.get());
        self.0.remove(name).map(member).transpose().map_err(|_| SnapshotError::Member { name })
    }
}

fn not_json(error: &serde_json::Error) -> SnapshotError {
    SnapshotError::NotJson { line: error.line(), column: error.column() }
}

impl Snapshot {
    /// Reads what [`text`](Self::text) and [`secret`](Self::secret) have written.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn parse(text: &str, secret: Option<&str>) -> Result<Self, SnapshotError> {
        let mut members = match serde_json::from_str(text) {
            Ok(members) => Members(members),
            Err(error) if error.is_data() => return Err(SnapshotError::OtherFormat),
            Err(error) => return Err(not_json(&error)),
        };
        if members.take::<String>("format").ok().flatten().as_deref() != Some(FORMAT) {
            return Err(SnapshotError::OtherFormat);
        }
        match members.take("readableSince")? {
            Some(readable_since) if readable_since > VERSION => return Err(SnapshotError::Newer { readable_since }),
            Some(_) => {}
            None => return Err(SnapshotError::Member { name: "readableSince" }),
        }
        members.take::<u32>("version")?.ok_or(SnapshotError::Member { name: "version" })?;
        let this = Self {
            assignment: members.take::<AssignmentText>("assignment")?.map(Assignment::try_from).transpose()?,
            keys: None,
            working: members.take("working")?,
            floor: members.take("floor")?.unwrap_or_default(),
            registrations_owed_until: members.take("registrationsOwedUntil")?.unwrap_or_default(),
            connects_owed_until: members.take("connectsOwedUntil")?.unwrap_or_default(),
            certificates_owed_until: members.take("certificatesOwedUntil")?.unwrap_or_default(),
            passes: members.take("passes")?.unwrap_or_default(),
            others: members.0,
        };
        match secret {
            Some(secret) => this.with_keys(secret),
            None => Ok(this),
        }
    }

    fn with_keys(self, secret: &str) -> Result<Self, SnapshotError> {
        let text: KeysText<'_> = serde_json::from_str(secret).map_err(|error| not_json(&error))?;
        if Some(&text.of) != self.bound_to().as_ref() {
            return Err(SnapshotError::OtherKeys);
        }
        let key = |name, text| SharedAccessKey::from_base64(text).map_err(|_| SnapshotError::Member { name });
        let secondary = text.secondary.map(|text| key("secondary", text)).transpose()?;
        Ok(Self { keys: Some(SymmetricKeys::new(key("primary", text.primary)?, secondary)), ..self })
    }

    /// The state as JSON, without secrets.
    #[must_use]
    pub fn text(&self) -> String {
        let text = Text {
            format: FORMAT,
            version: VERSION,
            readable_since: 1,
            assignment: self.assignment.as_ref().map(AssignmentText::from),
            working: self.working.as_deref(),
            floor: self.floor,
            registrations_owed_until: self.registrations_owed_until,
            connects_owed_until: self.connects_owed_until,
            certificates_owed_until: self.certificates_owed_until,
            passes: self.passes,
            others: &self.others,
        };
        // Texts and numbers only: it cannot fail.
        serde_json::to_string_pretty(&text).unwrap_or_default()
    }

    /// The keys of the module as JSON, to be written to a file that nobody else can read, or sealed. Without them a restart
    /// sends one module lookup to the hub. `None` for a device, whose credential is that of its source.
    #[must_use]
    pub fn secret(&self) -> Option<SecretText> {
        let (mut keys, of) = (self.keys.clone()?, serde_json::to_string(&self.bound_to()?).ok()?);
        let primary = keys.current().to_base64();
        let secondary = keys.fall_back().then(|| keys.current().to_base64());
        let length = secondary.as_ref().map_or(0, |key| key.expose().len());
        Some(SecretText::build(of.len() + primary.expose().len() + length + 64, |text| {
            for part in [r#"{"of":"#, &of, r#","primary":""#, primary.expose()] {
                text.push_str(part);
            }
            if let Some(secondary) = &secondary {
                text.push_str(r#"","secondary":""#);
                text.push_str(secondary.expose());
            }
            text.push_str("\"}");
        }))
    }
}

impl From<&Assignment> for AssignmentText {
    fn from(it: &Assignment) -> Self {
        Self {
            source: it.source.to_string(),
            owner: it.owner.to_string(),
            hub: it.hub.to_string(),
            device: it.device.to_string(),
            module: it.module.as_ref().map(ToString::to_string),
            connection_profile: (it.profile != ConnectionProfile::Classic).then(|| it.profile.as_str().into()),
        }
    }
}

impl TryFrom<AssignmentText> for Assignment {
    type Error = SnapshotError;

    fn try_from(text: AssignmentText) -> Result<Self, SnapshotError> {
        let member = |name| SnapshotError::Member { name };
        Ok(Self {
            hub: text.hub.parse().map_err(|_| member("hub"))?,
            device: text.device.parse().map_err(|_| member("device"))?,
            module: text.module.map(|id| id.parse()).transpose().map_err(|_| member("module"))?,
            profile: match text.connection_profile.as_deref().map(ConnectionProfile::named) {
                Some(ConnectionProfile::Unknown(_)) => return Err(member("connectionProfile")),
                known => known.unwrap_or_default(),
            },
            source: text.source.into(),
            owner: text.owner.into(),
        })
    }
}
