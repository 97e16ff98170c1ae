//! What a program reads that has started the emulator.

use defender_auth_emulator::{Admin, Config, Emulator, Proxy};
use serde_json::{Value, json};
use std::{
    fs, io,
    path::{self, Path},
    process,
};

/// The addresses, and what a client requires beside them.
pub(super) fn document(
    config: &Config,
    emulator: &Emulator,
    root: &Path,
    admin: Option<&Admin>,
    proxy: Option<&Proxy>,
) -> Value {
    let hubs: Vec<Vec<String>> = config.hubs.iter().map(|hub| hub.names().collect()).collect();
    let dps = config.dps.as_ref();
    json!({
        "schema_version": 1,
        "pid": process::id(),
        "mqtt": emulator.address(),
        "https": emulator.https_address(),
        "admin": admin.map(|admin| format!("http://{}/", admin.address())),
        "proxy": proxy.map(Proxy::address),
        "ca_file": path::absolute(root).unwrap_or_else(|_| root.into()),
        "hubs": hubs,
        "dps": dps.map(|dps| json!({ "host_name": dps.host_name(), "id_scope": dps.id_scope() })),
    })
}

/// Writes a file that has all of its content as soon as it is there.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", process::id()));
    let beside = path.with_file_name(name);
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}
