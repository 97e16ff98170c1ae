//! The variables that name a proxy, those included that are not used.

use super::{command::Command, step::Found};
use crate::system::platform::Platform;
use defender_auth::proxy::{Proxies, ProxyUsage};
use std::env;

/// Examines them. `are_replaced` says that addresses are given instead.
pub(super) fn examine(proxies: &Proxies, are_replaced: bool) -> Found {
    let exceptions = ["NO_PROXY", "no_proxy"].into_iter().find(|name| env::var_os(name).is_some());
    let exceptions = exceptions.map(|name| format!("{name} is set, and excludes hosts from the proxy"));
    let (mut texts, mut notes, mut is_doubtful) = (Vec::new(), Vec::new(), false);
    for variable in proxies.variables() {
        let name = variable.name;
        match variable.usage {
            ProxyUsage::Used if are_replaced => notes.push(format!("{name} is not used: --endpoint replaces it")),
            ProxyUsage::Used => texts.push(format!("the proxy of {name} is used")),
            ProxyUsage::Overridden => notes.push(format!("{name} is not used: another variable is")),
            ProxyUsage::Socks => {
                is_doubtful = true;
                notes.push(format!("{name} is not used: SOCKS proxies are not supported; name an HTTP proxy"));
            }
            ProxyUsage::Invalid => {
                is_doubtful = true;
                notes.push(format!("{name} is not used: it is not the URL of a proxy; write http://HOST:PORT"));
            }
            _ => notes.push(format!("{name} is not used")),
        }
    }
    let text = if texts.is_empty() { "none is used".to_owned() } else { texts.join(", ") };
    let mut found = if is_doubtful { Found::warning(text).next(Command::ProxyVariables) } else { Found::ok(text) };
    if texts.is_empty() {
        notes.extend(not_read(Platform::THIS).map(Into::into));
    }
    notes.extend(exceptions.filter(|_| !proxies.variables().is_empty()));
    found.notes = notes;
    found
}

/// The settings of a system that name a proxy and are not read.
const fn not_read(platform: Platform) -> Option<&'static str> {
    match platform {
        Platform::Unix => None,
        Platform::Windows => Some(
            "the proxy in the settings of Windows is not read (`netsh winhttp show proxy` and the Internet options show it); \
             if there is one, set HTTPS_PROXY to http://HOST:PORT",
        ),
    }
}
