//! From a text to the values of the names that are known, with the errors that people really make.

use super::{
    ConnectionStringError as E, Finding,
    field::{Field, NAMES},
    foreign::ForeignText,
    spelling::{is_alike, is_nearly},
    surroundings,
};
use alloc::vec::Vec;

/// Written by portals and SDKs of old, or for programs that are not devices; they mean nothing to a device.
const HISTORICAL: [&str; 3] = ["CredentialScope", "CredentialType", "RepositoryId"];

const PROVISIONING: [&str; 4] = ["ProvisioningHost", "IdScope", "RegistrationId", "UseProvisioning"];

/// A connection string taken apart.
pub(super) struct Pairs<'a> {
    values: Vec<(Field, &'a str)>,
    unknown: Vec<(usize, &'a str)>,
    foreign: Option<ForeignText>,
    findings: Vec<Finding>,
}

impl<'a> Pairs<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, E> {
        let mut findings = Vec::new();
        let text = surroundings::strip(text, &mut findings)?;
        let mut this = Self { values: Vec::new(), unknown: Vec::new(), foreign: None, findings };
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
        if let Some(kind) = this.foreign {
            // A pair more in a string of IoT Hub is an unknown one.
            if this.get(Field::HostName).is_none() {
                return Err(E::Foreign(kind));
            }
        }
        this.misspelt().map_or(Ok(this), Err)
    }

    /// A name that is missing, and one that looks like it. A slip in an optional name would silently make another
    /// identity of the string. Two slips in an optional name may as well be another name, and are a finding.
    fn misspelt(&mut self) -> Option<E> {
        for (field, name) in NAMES {
            // Too short to tell a slip from another name.
            if name.len() < 8 || self.get(field).is_some() {
                continue;
            }
            let Some((offset, other)) = self.unknown.iter().copied().find(|(_, other)| is_alike(name, other)) else {
                continue;
            };
            if !field.is_optional() || is_nearly(name, other) {
                return Some(E::Misspelt { name, offset });
            }
            for finding in &mut self.findings {
                if *finding == (Finding::UnknownName { offset }) {
                    *finding = Finding::SimilarName { name, offset };
                }
            }
        }
        None
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
        self.foreign = self.foreign.or(ForeignText::of_pair(name, value));
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

/// Whether a text is nothing but base64, and long enough to be meant as a key.
fn is_key(text: &str) -> bool {
    let symbols = text.trim().trim_end_matches('=');
    symbols.len() >= 16 && symbols.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConnectionString;
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
    fn a_text_without_names_is_a_key_or_unknown() {
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
        assert_eq!(of("MoudleId=m"), Some(E::Misspelt { name: "ModuleId", offset: 63 }), "two letters swapped");
        assert_eq!(error("HotsName=h;DeviceId=d"), Some(E::Misspelt { name: "HostName", offset: 0 }), "it is required");
    }

    #[test]
    fn an_unknown_name_is_a_warning_even_if_it_resembles_another() {
        for (name, similar) in
            [("ModelId", "ModuleId"), ("MobileId", "ModuleId"), ("GatewayHostNode", "GatewayHostName")]
        {
            let (string, findings) = ConnectionString::read(&format!("HostName=h;DeviceId=d;{KEY};{name}=m")).unwrap();
            assert!(string.identity().module_id().is_none() && string.identity().gateway().is_none());
            assert_eq!(findings, [Finding::SimilarName { name: similar, offset: 63 }]);
            assert!(findings.iter().all(|finding| finding.is_warning()));
        }
        let text = format!("HostName=h;DeviceId=d;ModuleId=m;{KEY};ModelId=dtmi");
        assert_eq!(
            ConnectionString::read(&text).unwrap().1,
            [Finding::UnknownName { offset: 74 }],
            "the name is there"
        );
    }

    #[test]
    fn an_unknown_name_is_reported_unless_it_is_historical() {
        let text = format!("CredentialScope=Device;HostName=h;DeviceId=d;{KEY};a=1;repositoryid=2;b=3");
        let findings = ConnectionString::read(&text).unwrap().1;
        assert_eq!(findings, [Finding::UnknownName { offset: 86 }, Finding::UnknownName { offset: 105 }]);
    }
}
