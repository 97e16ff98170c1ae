//! Connection strings: an identity and its credential as one line of text.
//!
//! `name=value` pairs separated by `;`, split at the first `=`, nothing escaped. Names are matched without regard to
//! case, no name may occur twice, unknown names are ignored and reported, and there is exactly one credential.
//! Other implementations differ in each of these; where they do, the rules here are the ones that misread none of their
//! valid strings.

mod error;
mod field;
mod finding;
mod foreign;
mod pairs;
mod service;
mod spelling;
mod surroundings;

pub use error::ConnectionStringError;
pub use finding::Finding;
pub use foreign::ForeignText;
pub use service::ServiceConnectionString;

use crate::{
    base::secret::SecretText,
    credential::{ClientCertificate, Credential, PolicyKey},
    identity::{
        DeviceId, HostName, HubNameForm, IdentifierError, Identity, ModuleId, PolicyName, has_placeholder, has_variable,
    },
    key::SharedAccessKey,
    sas::SasToken,
};
use ConnectionStringError as E;
use alloc::vec::Vec;
use field::Field;
use pairs::Pairs;

/// The connection string of a device or a module.
///
/// ```
/// use defender_auth::ConnectionString;
///
/// let text = "HostName=contoso.azure-devices.net;DeviceId=dev-01;ModuleId=azureiotsecurity;\
///             SharedAccessKey=AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
/// let string = ConnectionString::parse(text)?;
/// assert_eq!(string.identity().device_id().as_str(), "dev-01");
/// assert_eq!(string.expose().expose(), text);
///
/// let cut_by_the_shell = ConnectionString::parse("HostName=contoso.azure-devices.net").unwrap_err();
/// assert!(cut_by_the_shell.to_string().contains("put it in single quotes"));
/// # Ok::<_, defender_auth::connection_string::ConnectionStringError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionString {
    identity: Identity,
    credential: Credential,
}

impl ConnectionString {
    /// The longest text that is read as a connection string, in bytes.
    pub const LIMIT: usize = 4096;

    /// Reads the string of a device or a module.
    ///
    /// # Errors
    /// [`ConnectionStringError`], which names the part and the cure, never a value. The strings of services and texts of
    /// other kinds are recognised as such.
    pub fn parse(text: &str) -> Result<Self, E> {
        Self::read(text).map(|(this, _)| this)
    }

    /// The same, with findings: what was ignored, a key of unusual length, a host that is not for devices.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn read(text: &str) -> Result<(Self, Vec<Finding>), E> {
        let pairs = Pairs::read(text)?;
        let host = pairs.require(Field::HostName)?;
        let device = match (pairs.get(Field::DeviceId), pairs.get(Field::SharedAccessKeyName)) {
            (Some(device), _) => device,
            (None, Some(_)) => return Err(E::ServiceString),
            (None, None) => return Err(pairs.missing(Field::DeviceId)),
        };
        let mut findings = Vec::new();
        let credential = credential(&pairs, &mut findings)?;
        let host = value(Field::HostName, host, HostName::new)?;
        let device = value(Field::DeviceId, device, DeviceId::new)?;
        let mut identity = match pairs.get(Field::ModuleId) {
            Some(module) => Identity::module(host, device, value(Field::ModuleId, module, ModuleId::new)?),
            None => Identity::device(host, device),
        };
        if let Some(gateway) = pairs.get(Field::GatewayHostName) {
            identity = identity.with_gateway(value(Field::GatewayHostName, gateway, HostName::new)?);
        }
        for (name, host) in [(Field::HostName, identity.hub()), (Field::GatewayHostName, identity.endpoint())] {
            if host.hub_form() == Some(HubNameForm::Service) {
                return Err(E::BackEndHost { name: name.as_str() });
            }
        }
        if matches!(&credential, Credential::Token(token) if !token.is_good_for(&identity)) {
            findings.push(Finding::OtherResource);
        }
        findings.extend(Finding::of_host(identity.hub()));
        findings.splice(0..0, pairs.into_findings());
        Ok((Self { identity, credential }, findings))
    }

    /// Makes one from its parts.
    ///
    /// # Errors
    /// [`ConnectionStringError::ExternalKey`] when the credential is a key held elsewhere,
    /// [`ConnectionStringError::Semicolon`] when an ID contains a `;`: a connection string can express neither.
    pub fn new(identity: Identity, credential: impl Into<Credential>) -> Result<Self, E> {
        let credential = credential.into();
        if credential == Credential::ExternalSigner {
            return Err(E::ExternalKey);
        }
        if identity.device_id().as_str().contains(';') {
            return Err(E::Semicolon { name: Field::DeviceId.as_str() });
        }
        if identity.module_id().is_some_and(|module| module.as_str().contains(';')) {
            return Err(E::Semicolon { name: Field::ModuleId.as_str() });
        }
        Ok(Self { identity, credential })
    }

    /// The identity.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its credential.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// The text, including the key, in the order in which the portal writes it.
    #[must_use]
    pub fn expose(&self) -> SecretText {
        let identity = &self.identity;
        let (key, policy) = match &self.credential {
            Credential::SymmetricKeys(keys) => (Some(keys.current().to_base64()), None),
            Credential::PolicyKey(key) => (Some(key.key.to_base64()), Some(key.policy.as_str())),
            _ => (None, None),
        };
        let credential = match &self.credential {
            Credential::Token(token) => Some((Field::SharedAccessSignature, token.expose())),
            Credential::Certificate(_) => Some((Field::X509, "true")),
            _ => key.as_ref().map(|key| (Field::SharedAccessKey, key.expose())),
        };
        write(&[
            Some((Field::HostName, identity.hub().as_str())),
            Some((Field::DeviceId, identity.device_id().as_str())),
            identity.module_id().map(|module| (Field::ModuleId, module.as_str())),
            policy.map(|policy| (Field::SharedAccessKeyName, policy)),
            credential,
            identity.gateway().map(|gateway| (Field::GatewayHostName, gateway.as_str())),
        ])
    }

    /// The identity and the credential, each to be used by itself.
    #[must_use]
    pub fn into_parts(self) -> (Identity, Credential) {
        (self.identity, self.credential)
    }
}

impl core::str::FromStr for ConnectionString {
    type Err = E;

    fn from_str(text: &str) -> Result<Self, E> {
        Self::parse(text)
    }
}

fn value<T>(name: Field, text: &str, new: fn(&str) -> Result<T, IdentifierError>) -> Result<T, E> {
    new(text).map_err(|error| E::Value { name: name.as_str(), error })
}

/// The one credential.
fn credential(pairs: &Pairs<'_>, findings: &mut Vec<Finding>) -> Result<Credential, E> {
    // Published documentation prints `x509=true ` with a space after it.
    let x509 = match pairs.get(Field::X509).map(str::trim) {
        None => false,
        Some(text) if text.eq_ignore_ascii_case("true") => true,
        Some(text) if text.eq_ignore_ascii_case("false") => false,
        Some(_) => return Err(E::X509),
    };
    let two = |first: Field, second: Field| Err(E::TwoCredentials { first: first.as_str(), second: second.as_str() });
    match (pairs.get(Field::SharedAccessKey), pairs.get(Field::SharedAccessSignature), x509) {
        (Some(_), Some(_), _) => two(Field::SharedAccessKey, Field::SharedAccessSignature),
        (Some(_), None, true) => two(Field::SharedAccessKey, Field::X509),
        (None, Some(_), true) => two(Field::SharedAccessSignature, Field::X509),
        (None, None, false) => Err(pairs.no_credential()),
        (None, None, true) => Ok(ClientCertificate::held_elsewhere(None).into()),
        (None, Some(text), false) => {
            let token = token(text)?;
            if token.is_encoded_twice() {
                findings.push(Finding::EncodedTwice);
            }
            Ok(token.into())
        }
        (Some(text), None, false) => {
            let key = key(text)?;
            findings.extend(Finding::of_key(text, &key));
            match pairs.get(Field::SharedAccessKeyName) {
                Some(policy) => {
                    let policy = value(Field::SharedAccessKeyName, policy, PolicyName::new)?;
                    Ok(PolicyKey { policy, key }.into())
                }
                None => Ok(key.into()),
            }
        }
    }
}

/// The key, or the placeholder that was left in its place. None of the characters of a placeholder is base64.
fn key(text: &str) -> Result<SharedAccessKey, E> {
    let is_template = |text: &str| {
        has_placeholder(text)
            || has_variable(text)
            || text.get(..4).is_some_and(|first| first.eq_ignore_ascii_case("your"))
    };
    SharedAccessKey::from_base64(text).map_err(|error| {
        if is_template(text) { E::Placeholder { name: Field::SharedAccessKey.as_str() } } else { E::Key(error) }
    })
}

/// The token, in which a placeholder would only be seen by the service.
fn token(text: &str) -> Result<SasToken, E> {
    if has_placeholder(text) {
        return Err(E::Placeholder { name: Field::SharedAccessSignature.as_str() });
    }
    SasToken::parse(text).map_err(|error| {
        if text.starts_with(['$', '%']) {
            E::Placeholder { name: Field::SharedAccessSignature.as_str() }
        } else {
            E::Token(error)
        }
    })
}

/// The text of some pairs, in one piece of memory.
fn write(pairs: &[Option<(Field, &str)>]) -> SecretText {
    let pairs = || pairs.iter().flatten();
    let capacity = pairs().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
    SecretText::build(capacity, |text| {
        for (name, value) in pairs() {
            if !text.is_empty() {
                text.push(';');
            }
            text.extend([name.as_str(), "=", value]);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_credential_is_written_as_it_was_read() {
        for credential in [
            "SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==",
            "SharedAccessKeyName=device;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==",
            "SharedAccessSignature=SharedAccessSignature sr=h%2Fdevices%2Fd&sig=s&se=5",
            "x509=true",
        ] {
            for (module, gateway) in [("", ""), (";ModuleId=m", ";GatewayHostName=g")] {
                let text = alloc::format!("HostName=h;DeviceId=d{module};{credential}{gateway}");
                assert_eq!(ConnectionString::parse(&text).unwrap().expose().expose(), text);
            }
        }
    }

    #[test]
    fn an_id_with_a_semicolon_is_refused() {
        let key = || SharedAccessKey::from_bytes(&[7; 16]).unwrap();
        let identity = |device: &str, module: &str| {
            Identity::module("h".parse().unwrap(), device.parse().unwrap(), module.parse().unwrap())
        };
        for (device, module, name) in [("d;x", "m", "DeviceId"), ("d", "m;x", "ModuleId")] {
            assert_eq!(ConnectionString::new(identity(device, module), key()), Err(E::Semicolon { name }));
        }
        assert!(ConnectionString::new(identity("d", "m"), key()).is_ok());
    }

    #[test]
    fn a_token_that_is_encoded_twice_is_reported() {
        let text = |resource: &str| {
            alloc::format!(
                "HostName=h;DeviceId=d+;SharedAccessSignature=SharedAccessSignature sr={resource}&sig=s&se=5"
            )
        };
        let findings = |resource: &str| ConnectionString::read(&text(resource)).unwrap().1;
        assert_eq!(findings("h%2Fdevices%2Fd%2B"), []);
        assert_eq!(findings("h%2Fdevices%2Fd%252B"), [Finding::EncodedTwice]);
        assert!(alloc::format!("{}", Finding::EncodedTwice).contains("encoded twice"));
    }

    #[test]
    fn a_placeholder_in_a_value_is_named() {
        use crate::identity::IdentifierKind as K;
        let value = |name, kind| Some(E::Value { name, error: IdentifierError::Placeholder { name: kind } });
        let is = |name| Some(E::Placeholder { name });
        let error = |text: &str| ConnectionString::parse(text).err();
        for (text, expected) in [
            ("HostName={YourIoTHubName}.azure-devices.net;DeviceId=d;x509=true", value("HostName", K::HostName)),
            ("HostName=[IoT Hub Name].azure-devices.net;DeviceId=d;x509=true", value("HostName", K::HostName)),
            ("HostName=$HUB.azure-devices.net;DeviceId=d;x509=true", value("HostName", K::HostName)),
            ("HostName=h;DeviceId=dev-<n>;x509=true", value("DeviceId", K::DeviceId)),
            ("HostName=h;DeviceId=d;ModuleId=[module];x509=true", value("ModuleId", K::ModuleId)),
            ("HostName=h;DeviceId=d;SharedAccessKey={YourSharedAccessKey}", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=<key>", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=[primary key]", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=AwoR{rest}", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=$KEY", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=%DEVICE_KEY%", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=...", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessKey=your-device-key", is("SharedAccessKey")),
            ("HostName=h;DeviceId=d;SharedAccessSignature={token}", is("SharedAccessSignature")),
            ("HostName=h;DeviceId=d;SharedAccessSignature=$TOKEN", is("SharedAccessSignature")),
            (
                "HostName=h;DeviceId=d;SharedAccessSignature=SharedAccessSignature sr=h%2Fdevices%2Fd&sig=<sig>&se=5",
                is("SharedAccessSignature"),
            ),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
        let service = "HostName=h;SharedAccessKeyName=p;SharedAccessKey={key}";
        assert_eq!(ServiceConnectionString::parse(service).err(), is("SharedAccessKey"));
    }

    #[test]
    fn a_host_for_back_ends_is_an_error_for_a_device_alone() {
        let host = "HostName=contoso.service.azure-devices.net";
        for cloud in ["net", "us", "cn"] {
            let device = alloc::format!("{host};DeviceId=d;x509=true").replace("net", cloud);
            assert_eq!(ConnectionString::read(&device).err(), Some(E::BackEndHost { name: "HostName" }));
            let device = device.replace(".service.", ".device.");
            assert_eq!(ConnectionString::read(&device).unwrap().1, []);
            let behind = alloc::format!("{device};GatewayHostName=contoso.Service.azure-devices.{cloud}");
            assert_eq!(ConnectionString::read(&behind).err(), Some(E::BackEndHost { name: "GatewayHostName" }));
        }
        let error = alloc::format!("{}", E::BackEndHost { name: "HostName" });
        assert!(error.ends_with("use the name without `.service`, or with `.device` in its place"), "{error}");
        let service = alloc::format!("{host};SharedAccessKeyName=p;SharedAccessKey=AwoRGB8mLTQ7QklQV15lbA==");
        assert_eq!(ServiceConnectionString::read(&service).unwrap().1, []);
    }

    #[test]
    fn a_text_is_parsed_into_one() {
        let text = "HostName=h;DeviceId=d;x509=true";
        assert_eq!(text.parse(), ConnectionString::parse(text));
    }
}
