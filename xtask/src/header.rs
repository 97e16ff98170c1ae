//! The header for C, generated from the Rust code.

use crate::{committed, run::root};
use std::path::PathBuf;

/// The sections of the header, in their order: how the names of their functions begin, and what they are about. A function belongs
/// to the section with the longest beginning of its name; those of none come first.
const SECTIONS: [(&[&str], &str); 33] = [
    (&["error"], "errors: immutable; NULL means no error"),
    (&["connection_string"], "connection strings: immutable"),
    (&["key"], "keys: immutable; wiped when freed"),
    (&["group_key"], "keys of enrollment groups, for many devices: immutable; wiped when freed"),
    (&["sas"], "tokens"),
    (&["token"], "tokens that were made elsewhere: immutable; wiped when freed"),
    (&["signer"], "signers: immutable; one per identity, one call per token"),
    (&["options"], "options of authenticators"),
    (&["profile"], "profiles: a registration with the provisioning service"),
    (&["opener"], "how private keys are opened"),
    (&["private_key"], "private keys of certificates: immutable"),
    (&["certificate_request"], "requests for certificates: immutable"),
    (&["certificate"], "certificates: immutable"),
    (&["enrollment_groups"], "enrollment groups of a provisioning service, by their certificates"),
    (&["certificates"], "operational certificates: what a device keeps of them"),
    (
        &["renewal"],
        "renewals of operational certificates: create, poll, perform the pending action, report what came of it",
    ),
    (&["agent_config"], "configurations of agents"),
    (&["authenticator_new", "authenticator_from"], "authenticators, first: make one, of what the agent has"),
    (
        &["authenticator_poll", "authenticator_state", "authenticator_failure", "authenticator_pending"],
        "authenticators, second: poll for the next action",
    ),
    (
        &[
            "authenticator_request",
            "authenticator_certificate",
            "authenticator_dps_mqtt",
            "authenticator_dps_topic",
            "authenticator_wait",
            "authenticator_tpm",
            "authenticator_key",
            "authenticator_clock",
        ],
        "authenticators, third: read the data of the action, and perform it",
    ),
    (&["authenticator_handle"], "authenticators, fourth: report what came of it, and poll again"),
    (&["authenticator_run"], "authenticators, second to fourth by the built-in HTTPS driver"),
    (&["authenticator"], "authenticators, last: read the outcome when it is DONE, and free it"),
    (&["presence"], "logins at hubs with the connection profile mqttV5"),
    (&["https"], "the built-in HTTPS driver: configure once, then share"),
    (&["tpm"], "a TPM 2.0"),
    (&["twin"], "twins: subscribe, request, handle what arrives, read the effective values, report"),
    (
        &["daemon"],
        "daemons of the device that hold the agent's key: begin, poll, perform the pending action, read the answer",
    ),
    (&["sources"], "credential sources of a session, the preferred one first"),
    (&["policy"], "how patient a session is"),
    (&["session"], "sessions: create, poll, perform the pending action, report what came of it, until the agent ends"),
    (&["driver"], "the built-in driver of a session: configure, start, then wait for what happens"),
    (&["control"], "steers a driver from other threads"),
];

/// Its path.
pub(crate) fn path() -> PathBuf {
    root().join("include").join("defenderauth.h")
}

/// Writes the header, or with `--check` fails when the committed one differs.
pub(crate) fn header(options: &[String]) -> Result<(), String> {
    committed::write_or_check(&path(), &made()?, "header", options)
}

/// The header generated from the code.
fn made() -> Result<String, String> {
    let ffi = root().join("ffi");
    let mut config = cbindgen::Config::from_file(ffi.join("cbindgen.toml"))?;
    config.after_includes = config.after_includes.map(|text| text.replace("@version@", env!("CARGO_PKG_VERSION")));
    let bindings = cbindgen::Builder::new().with_crate(ffi).with_config(config).generate();
    let mut text = Vec::new();
    bindings.map_err(|error| error.to_string())?.write(&mut text);
    sectioned(&String::from_utf8(text).map_err(|error| error.to_string())?).map(|header| short(&header))
}

/// The header with its functions in sections.
fn sectioned(header: &str) -> Result<String, String> {
    let (before, rest) =
        header.split_once("extern \"C\" {\n#endif // __cplusplus\n").ok_or("the generated header has no functions")?;
    let (functions, after) =
        rest.split_once("#ifdef __cplusplus\n}").ok_or("the generated header does not end its functions")?;
    let mut sections: Vec<(&str, Vec<&str>)> = vec![("the library", Vec::new())];
    sections.extend(SECTIONS.map(|(_, title)| (title, Vec::new())));
    for function in functions.split("\n\n").map(str::trim).filter(|function| !function.is_empty()) {
        let name = name(function).ok_or_else(|| format!("not a function:\n{function}"))?;
        let place = section(name).map_or(0, |index| index + 1);
        if let Some((_, functions)) = sections.get_mut(place) {
            functions.push(function);
        }
    }
    let mut parts = vec![format!("{before}extern \"C\" {{\n#endif // __cplusplus\n")];
    for (title, functions) in sections.iter().filter(|(_, functions)| !functions.is_empty()) {
        parts.push(format!("/* ---- {title} */\n"));
        parts.extend(functions.iter().map(|function| format!("{function}\n")));
    }
    parts.push(format!("#ifdef __cplusplus\n}}{after}"));
    Ok(parts.join("\n"))
}

/// The section of a function, by its name.
fn section(name: &str) -> Option<usize> {
    let is_about =
        |subject: &&str| name.strip_prefix(subject).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let longest = |subjects: &[&str]| subjects.iter().copied().filter(is_about).map(str::len).max();
    let fitting = SECTIONS.iter().enumerate().filter_map(|(index, (subjects, _))| Some((longest(subjects)?, index)));
    fitting.max_by_key(|(length, _)| *length).map(|(_, index)| index)
}

/// A function's name without the common prefix.
fn name(function: &str) -> Option<&str> {
    let declaration = function.rsplit("*/").next()?;
    declaration.split_once('(')?.0.rsplit("defenderauth_").next()
}

/// The header with each one-line comment on a single line, and in the only form of comments that every C has.
fn short(header: &str) -> String {
    let lines: Vec<&str> = header.lines().collect();
    let mut short = Vec::new();
    let mut rest = lines.as_slice();
    while let [line, after @ ..] = rest {
        rest = after;
        match after {
            [words, end, after @ ..] if line.trim() == "/**" && end.trim() == "*/" => {
                short.push(format!("{line}{} */", words.trim().trim_start_matches('*')));
                rest = after;
            }
            _ => short.push(match line.split_once(" // ") {
                Some((code, words)) if code.starts_with('#') => format!("{code} /* {words} */"),
                _ => (*line).to_owned(),
            }),
        }
    }
    short.join("\n") + "\n"
}
