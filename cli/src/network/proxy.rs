//! The login of a proxy, and proxies in the environment that are not used, which would otherwise be found out in the
//! firewall's log only.
//!
//! A proxy's URL may contain a password: messages name the variable, never its value.

use crate::{
    input::{finding, text_file::TextFile},
    terminal::{failure::Failure, stderr},
};
use defender_auth::{
    proxy::{ProxyUsage, ProxyVariable},
    secret::SecretText,
};
use std::path::Path;

/// The largest file with a login that is read, in bytes.
const LOGIN_LIMIT: usize = 1024;

/// Reads the file that `--proxy-login-file` names.
pub(crate) fn login(path: &Path) -> Result<SecretText, Failure> {
    if !path.exists() && path.to_string_lossy().contains(':') {
        let what = "the file that --proxy-login-file names does not exist; its name is not repeated here, because it may \
                    be the login itself. Write the login to a file that only you can read, and give the name of that file";
        return Err(Failure::Call(what.into()));
    }
    let file = TextFile::open(path, LOGIN_LIMIT)?;
    finding::warn(file.readable_by_others());
    let line = file.text_without_mark().trim_end_matches(['\r', '\n']);
    // The user's name ends at the first colon, and neither has control characters (RFC 7617, section 2).
    if !line.contains(':') || line.contains(char::is_control) {
        return Err(Failure::content(file.place(), "it must contain USER:PASSWORD, on one line"));
    }
    Ok(SecretText::new(line.to_owned()))
}

/// Reports the variables that connections of a protocol ignore.
pub(super) fn report_unused(variables: &[ProxyVariable], protocol: &str) {
    for ProxyVariable { name, usage } in variables {
        let why = match usage {
            ProxyUsage::AddressesGiven => &format!(
                "--endpoint replaces it, and {protocol} connects directly; unset the variable, or leave out --endpoint"
            ),
            ProxyUsage::Socks => "SOCKS proxies are not supported; name an HTTP proxy (http://HOST:PORT)",
            ProxyUsage::Invalid => "it is not the URL of a proxy; write http://HOST:PORT",
            // Another one is, as the user of several expects.
            _ => continue,
        };
        stderr::warning(format_args!("{name} is not used: {why}"));
        if *usage == ProxyUsage::AddressesGiven {
            return;
        }
    }
}
