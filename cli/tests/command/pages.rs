//! Completions and manual pages.

use crate::support::{Scratch, defenderauth};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// The manual pages, by name.
fn pages() -> (Scratch, BTreeMap<String, String>) {
    let folder = Scratch::new();
    defenderauth(&["man", &folder.folder()], "").done();
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read_to_string(entry.path()).unwrap())
    };
    let pages = fs::read_dir(folder.folder()).unwrap().map(Result::unwrap).map(read).collect();
    (folder, pages)
}

/// What bash proposes for the last of these words.
#[cfg(unix)]
fn proposed(words: &[&str]) -> Vec<String> {
    let folder = Scratch::new();
    let script = folder.write("completions", defenderauth(&["completions", "bash"], "").done().out);
    let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let ask = format!(
        "source '{script}'; COMP_WORDS=({line}); COMP_CWORD={}; _defenderauth defenderauth '{}' '{}'; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_subcommands_and_options() {
    assert_eq!(proposed(&["defenderauth", "ins"]), ["inspect"]);
    assert_eq!(proposed(&["defenderauth", "certificate", "check", "--cert"]), ["--cert-file"]);
    assert_eq!(proposed(&["defenderauth", "twin", "--transport", "mqtt-"]), ["mqtt-ws"]);
    let options = proposed(&["defenderauth", "provision", "--"]);
    for option in ["--key-file", "--service-host", "--endpoint", "--quiet", "--timeout"] {
        assert!(options.iter().any(|it| it == option), "no {option} in {options:?}");
    }
    for former in ["--certificate-file", "--private-key-file"] {
        assert!(!options.iter().any(|it| it == former), "{former} in {options:?}");
    }
}

#[test]
fn every_shell_has_completions_that_are_always_the_same() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = defenderauth(&["completions", shell], "").done().out;
        assert!(script.contains("verify-token") && script.contains("cert-file"), "{shell}");
        assert_eq!(script, defenderauth(&["completions", shell], "").done().out);
    }
    defenderauth(&["completions", "sh"], "").misused(&["bash", "zsh", "fish"]);
}

#[test]
fn the_program_and_each_subcommand_have_a_page_that_is_always_the_same() {
    let (_folder, pages) = pages();
    for name in
        ["defenderauth.1", "defenderauth-inspect.1", "defenderauth-key-new.1", "defenderauth-certificate-new-root.1"]
    {
        let page = pages.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", pages.keys()));
        assert!(page.contains(env!("CARGO_PKG_VERSION")) && page.contains(".SH OPTIONS"), "{name}");
    }
    // The one that writes them is not among them.
    assert!(!pages.contains_key("defenderauth-man.1"));
    let (_folder, again) = self::pages();
    assert_eq!(pages, again);
}

#[test]
#[ignore = "needs groff"]
fn the_pages_have_no_mistakes() {
    let (folder, pages) = pages();
    for name in pages.keys() {
        let page = Path::new(&folder.folder()).join(name);
        let output = Command::new("groff").args(["-Kutf8", "-man", "-ww", "-z", "-Tutf8"]).arg(page).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{name}: {output:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Scratch::new();
    let file = folder.write("file", "");
    defenderauth(&["man", &format!("{file}/man")], "").failed(2, &[&file, "cannot be written"]);
}
