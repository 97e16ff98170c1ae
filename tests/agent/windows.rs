//! The C# agent's files as they are on Windows: its installer saves the configuration with a byte order mark and CRLF, in
//! the agent's own folder, and names the key file by its whole path.
//!
//! Source: `Azure/Azure-IoT-Security-Agent-CS:src/Modules/Security/Windows/Install/InstallSecurityAgent.ps1`.

use super::{C_AGENT, CSHARP_AGENT, JSON, KEY, Scratch, XML, agent, loads, module};
use std::{fs, path::MAIN_SEPARATOR};

/// A text as editors and installers on Windows save it.
fn saved(text: &str) -> String {
    format!("\u{feff}{}\r\n", text.replace('\n', "\r\n"))
}

#[test]
fn what_the_installer_for_windows_writes_is_read_from_a_folder_with_spaces() {
    let scratch = Scratch::new();
    let (folder, secrets) = ("Program Files (x86)", "M\u{fc}ller's keys");
    for made in [folder, secrets] {
        fs::create_dir(scratch.path(made)).unwrap();
    }
    let within = |folder: &str, name: &str| format!("{folder}{MAIN_SEPARATOR}{name}");
    let key = scratch.write(&within(secrets, "key.txt"), saved(KEY));
    let xml = CSHARP_AGENT.replace("key.txt", &key.replace('\'', "&apos;"));
    let file = scratch.write(&within(folder, XML), saved(&xml));
    let folder = scratch.path(folder);
    let security = module("azureiotsecurity");
    for path in [&folder, &within(&folder, ""), &file] {
        loads(path, &security);
    }
}

/// JSON writes a backslash twice.
#[test]
fn the_whole_path_of_a_key_file_in_json_is_read() {
    let folder = agent(JSON, "");
    let key = folder.path("key.txt").replace('\\', r"\\");
    folder.write(JSON, saved(&C_AGENT.replace("key.txt", &key)));
    loads(&folder.folder(), &module("azureiotsecurity"));
}

#[cfg(windows)]
#[test]
fn paths_may_be_relative_have_slashes_and_any_case() {
    let folder = agent(XML, CSHARP_AGENT.replace("key.txt", r"keys\device.key"));
    fs::create_dir(folder.path("keys")).unwrap();
    folder.write(r"keys\device.key", KEY);
    let security = module("azureiotsecurity");
    loads(&folder.folder(), &security);
    loads(&folder.folder().replace('\\', "/"), &security);
    loads(&folder.path("AUTHENTICATION.CONFIG"), &security);
}
