//! Former names of options, which are read for one version more: each call by them is the same as by the present ones.

use super::arguments::Arguments;
use clap::CommandFactory as _;

/// A call by the former names, and the same by the present ones.
const CALLS: [(&str, &str); 13] = [
    ("authenticate - --certificate-file c --key-file k", "authenticate - --cert-file c --key-file k"),
    ("twin - --certificate-file c --key-file k", "twin - --cert-file c --key-file k"),
    ("twin - --cacert r", "twin - --ca-file r"),
    (
        "provision --id-scope 0ne00000A0A --registration-id d --certificate-file c --private-key-file k",
        "provision --id-scope 0ne00000A0A --registration-id d --cert-file c --key-file k",
    ),
    ("certificate check --chain c --key k", "certificate check --cert-file c --key-file k"),
    ("certificate request --common-name d --key k", "certificate request --common-name d --key-file k"),
    (
        "certificate new root --common-name R --certificate c --key k",
        "certificate new root --common-name R --cert-file c --key-file k",
    ),
    (
        "certificate new intermediate --common-name I --ca c --ca-key k --out-dir o",
        "certificate new intermediate --common-name I --sign-with c --sign-key k --out-dir o",
    ),
    (
        "certificate new device --device-id d --ca c --ca-key k --out-dir o",
        "certificate new device --device-id d --sign-with c --sign-key k --out-dir o",
    ),
    (
        "certificate new self-signed --device-id d --certificate c --key k",
        "certificate new self-signed --device-id d --cert-file c --key-file k",
    ),
    (
        "certificate verification --code C --ca c --ca-key k --certificate o",
        "certificate verification --code C --sign-with c --sign-key k --cert-file o",
    ),
    ("stay - --state d", "stay - --state-dir d"),
    ("token - --expires-at 1700000000", "token - --expires-at 2023-11-14T22:13:20Z"),
];

/// What a call gives, as the subcommands read it.
#[track_caller]
fn read(call: &str) -> String {
    let words = ["defenderauth"].into_iter().chain(call.split(' '));
    let matches = Arguments::command().try_get_matches_from(words);
    let matches = matches.unwrap_or_else(|error| panic!("{call}: {error}"));
    // Indices and sources are the same too: both calls have as many words.
    format!("{matches:?}").replace("1700000000", "T").replace("2023-11-14T22:13:20Z", "T")
}

#[test]
fn each_former_name_is_the_present_one() {
    for (former, present) in CALLS {
        assert_eq!(read(former), read(present), "{former}");
    }
}

#[test]
fn former_names_are_not_shown() {
    for words in [&["provision"][..], &["certificate", "check"], &["certificate", "new", "device"], &["authenticate"]] {
        let mut command = Arguments::command();
        for word in words {
            command = command.find_subcommand(word).unwrap_or_else(|| panic!("no {word}")).clone();
        }
        let help = command.render_long_help().to_string();
        for former in ["--certificate-file", "--private-key-file", "--chain", "--ca ", "--ca-key", "--hub-endpoint"] {
            assert!(!help.contains(former), "{former} in the help of {words:?}");
        }
    }
}
