//! Compares the names in a certificate with the ID that it is for.

use super::{
    certificate::Certificate,
    finding::{Compared, Finding},
    severity::Severity,
};
use crate::identity::{DeviceId, ModuleId, RegistrationId};
use alloc::{borrow::ToOwned as _, format, string::String, vec::Vec};

/// What the certificate is for, and with it the ID that it has to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose<'a> {
    /// Not known: no ID is compared.
    Any,
    /// A device of a hub.
    Hub(&'a DeviceId),
    /// A module of a hub: the common name is device ID and module ID with a slash between them.
    Module(&'a DeviceId, &'a ModuleId),
    /// A registration with the provisioning service, individual or with a group.
    Provisioning(&'a RegistrationId),
    /// An individual enrollment of IoT Central.
    CentralIndividual(&'a DeviceId),
}

/// What is wrong with the common name, for this purpose.
pub(super) fn names(leaf: &Certificate, purpose: Purpose<'_>) -> Vec<Finding> {
    let (compared, id) = match purpose {
        Purpose::Any => return foreign_character(leaf, Severity::Note).into_iter().collect(),
        Purpose::Hub(id) | Purpose::CentralIndividual(id) => (Compared::DeviceId, id.as_str().to_owned()),
        Purpose::Module(device, module) => (Compared::ModuleId, format!("{device}/{module}")),
        Purpose::Provisioning(id) => (Compared::RegistrationId, id.as_str().to_owned()),
    };
    // A hub knows a self-signed certificate by its thumbprint and does not read its name.
    let by_thumbprint = matches!(purpose, Purpose::Hub(_) | Purpose::Module(..)) && leaf.is_self_signed();
    let expected = || id.clone();
    let mut found = Vec::new();
    match leaf.common_name() {
        Some(name) if name == id => {}
        Some(_) if matches!(purpose, Purpose::Provisioning(_)) && has_foreign_character(leaf) => {
            found.extend(foreign_character(leaf, Severity::Refused));
        }
        None | Some("") if by_thumbprint => {}
        None | Some("") => found.push(Finding::CommonNameAbsent { compared, expected: expected() }),
        Some(name) => {
            // Registration IDs are compared without case; the device ID that is made of them is not.
            let case = matches!(purpose, Purpose::Provisioning(_)) && name.eq_ignore_ascii_case(&id);
            let severity = if by_thumbprint || case { Severity::Warning } else { Severity::Refused };
            found.push(Finding::CommonNameDiffers { compared, expected: expected(), found: printable(name), severity });
        }
    }
    if matches!(purpose, Purpose::CentralIndividual(_)) {
        let issuer = leaf.issuer_common_name().unwrap_or_default();
        if issuer != id {
            found.push(Finding::CentralIssuer { expected: expected(), found: printable(issuer) });
        }
        if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            found.push(Finding::CentralId { id: expected() });
        }
    }
    found
}

fn has_foreign_character(leaf: &Certificate) -> bool {
    foreign_character(leaf, Severity::Note).is_some()
}

/// What no registration ID has, in a common name. A slash may be a module's.
fn foreign_character(leaf: &Certificate, severity: Severity) -> Option<Finding> {
    let name = leaf.common_name()?;
    let is_foreign = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '/'));
    let character = name.chars().find(is_foreign).filter(|c| !c.is_control())?;
    Some(Finding::CommonNameNoRegistrationId { found: printable(name), character, severity })
}

/// A name from a file, as it may be printed.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(128).collect()
}
