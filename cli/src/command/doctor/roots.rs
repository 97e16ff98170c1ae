//! The trust anchors by which servers are verified, and the variables that change them.

use super::{command::Command, step::Found};
use crate::network::{options::Trust, route::Network};
use defender_auth::{
    error::{Code, ErrorKind},
    tls::{Roots, client_config},
};
use std::{env, path::Path};

/// The variables that name the system's root certificates, which are read without an option for others.
const READ: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Variables of other programs.
const OTHERS: [&str; 4] = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"];

/// Examines them.
pub(super) fn examine(trust: &Trust, network: &Network) -> Found {
    let (source, is_platform) = match network.roots() {
        Roots::Azure => ("the built-in roots of Azure IoT".to_owned(), false),
        Roots::Pem(text) => {
            let number = String::from_utf8_lossy(text).matches("-----BEGIN CERTIFICATE-----").count();
            let place = trust.ca_file.as_ref().map(|path| path.display().to_string());
            (format!("{number} in {}", place.as_deref().unwrap_or("the trust bundle of the daemon")), false)
        }
        _ => ("the system's root certificates".to_owned(), true),
    };
    let (mut notes, mut is_absent) = (Vec::new(), false);
    for name in READ {
        let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) else { continue };
        let value = Path::new(&value);
        let shown = value.display();
        // Several folders are joined as in PATH.
        let exists = env::split_paths(value).any(|path| path.exists());
        notes.push(match (is_platform, exists) {
            (true, true) => format!("{name}={shown} replaces the system's own"),
            (true, false) => format!("{name}={shown} does not exist"),
            (false, _) => format!("{name}={shown} is not used, because trust anchors are given"),
        });
        is_absent |= is_platform && !exists;
    }
    let others: Vec<_> = OTHERS.into_iter().filter(|name| env::var_os(name).is_some()).collect();
    if !others.is_empty() {
        notes.push(format!("not read by this library: {}; give --ca-file", others.join(", ")));
    }
    let mut found = match client_config(network.roots()) {
        Err(error) => {
            let failed = match &trust.ca_file {
                Some(path) => Found::failed(Code::Tls, ErrorKind::Input, format!("{}: {error}", path.display())),
                None => Found::failed(Code::Tls, ErrorKind::Input, error.to_string()),
            };
            failed.next(Command::Roots)
        }
        Ok(_) if is_absent => Found::warning(source).next(Command::RootVariables),
        Ok(_) => Found::ok(source),
    };
    found.notes.extend(notes);
    found
}
