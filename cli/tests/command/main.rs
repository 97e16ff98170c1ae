//! The command as its users run it, in a process of its own for each call.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

// Shared with the tests of the library and of the emulator.
#[path = "../../../tests/support/ended.rs"]
mod ended;
#[path = "../../../tests/support/outside/mod.rs"]
mod others;
#[path = "../../../tests/support/scratch.rs"]
mod scratch;
#[path = "../../../emulator/tests/support/outside.rs"]
mod sdk;
#[cfg(unix)]
#[allow(dead_code, reason = "the example itself reads its key from a file")]
#[path = "../../../examples/signing_server/mod.rs"]
mod signing_server;
mod support;
#[cfg(unix)]
#[path = "../../../tests/tpm/swtpm.rs"]
#[allow(dead_code, reason = "the library's tests need more of it")]
mod swtpm;

#[cfg(windows)]
mod access_list;
mod authenticate;
mod certificate_check;
mod certificate_files;
mod certificate_findings;
mod certificate_foreign;
mod certificate_group;
mod certificate_login;
mod certificate_new;
#[cfg(target_os = "linux")]
mod certificate_pair;
mod certificate_passphrase;
mod certificate_paths;
mod certificate_verification;
#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod core_dump;
mod derive_key;
mod device_mode;
mod device_mode_refused;
#[cfg(any(target_os = "linux", windows))]
mod doctor;
#[cfg(target_os = "linux")]
mod drafts;
mod explain;
mod fleet;
#[cfg(target_os = "linux")]
mod guide;
#[cfg(windows)]
mod guide_windows;
mod hosts;
mod inspect;
mod json;
#[cfg(unix)]
mod key_handle;
#[cfg(unix)]
mod key_logins;
mod key_new;
#[cfg(unix)]
mod key_token;
mod lists;
mod login;
mod login_check;
#[cfg(target_os = "linux")]
mod login_clients;
mod misplaced_secrets;
mod mistakes;
#[cfg(target_os = "linux")]
mod on_device;
#[cfg(target_os = "linux")]
mod on_device_refused;
#[cfg(target_os = "linux")]
mod open_files;
mod operational;
#[cfg(unix)]
mod operational_keys;
#[cfg(target_os = "linux")]
mod operational_killed;
mod options;
mod outside;
#[cfg(target_os = "linux")]
mod owners;
mod pages;
mod presence;
mod provision;
mod provision_file;
mod provision_refused;
mod proxies;
mod read_faults;
mod secondary_key;
mod stay;
mod terminals;
mod token;
#[cfg(unix)]
mod tpm_handles;
#[cfg(unix)]
mod tpm_login;
#[cfg(target_os = "linux")]
mod tpm_of_windows;
#[cfg(unix)]
mod tpm_provision;
#[cfg(unix)]
mod tpm_refused;
#[cfg(unix)]
mod tpm_show;
mod transports;
mod twin;
mod verify_token;
#[cfg(windows)]
mod windows;
#[cfg(target_os = "linux")]
mod write_faults;

// The shared modules expect it here.
use support::Scratch;
