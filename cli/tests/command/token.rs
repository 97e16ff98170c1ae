//! Tokens: the known answers of other makers, and nothing else on standard output.

use crate::support::{KEY, Run, Scratch, defenderauth, device, service, string};
use std::time::SystemTime;

#[test]
fn the_token_of_a_device_is_the_known_one() {
    let text = string(&format!("DeviceId=dev+1;SharedAccessKey={KEY}"));
    let scratch = Scratch::new();
    let file = scratch.write("connection_string.txt", &text);
    for source in ["-", &file, &scratch.folder()] {
        let run = defenderauth(&["token", source, "--expires-at", "1700003600"], &text).done();
        assert_eq!(
            run.out,
            "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev%2B1\
             &sig=XDVbsBkOrRVQj9sQpO5wBHF39WDyGPodJMLgScafre0%3D&se=1700003600\n"
        );
    }
}

#[test]
fn the_token_of_a_service_names_its_policy() {
    let run = defenderauth(&["token", "-", "--service", "--expires-at", "1700003600"], service()).done();
    assert_eq!(
        run.out,
        "SharedAccessSignature sr=contoso.azure-devices.net\
         &sig=%2BuxN8m9lUqElvS80AU%2FWPK9hq8U5WbLBxWWmqfKQ26U%3D&se=1700003600&skn=iothubowner\n"
    );
}

#[test]
fn a_lifetime_begins_now() {
    let run = defenderauth(&["token", "-", "--ttl", "1h"], device()).done();
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let (_, end) = run.out.trim_end().rsplit_once("&se=").unwrap();
    let end: u64 = end.parse().unwrap();
    assert!((now + 3590..=now + 3610).contains(&end), "{end} at {now}");
    assert!(run.err.is_empty(), "{run:?}");
}

#[test]
fn a_token_has_one_expiry() {
    for (arguments, word) in [
        (&["--ttl", "1h", "--expires-at", "1700003600"][..], "cannot be used with"),
        (&["--expires-at", "1700003600000"], "not milliseconds"),
        (&["--expires-at", "tomorrow"], "seconds since 1970"),
        (&["--expires-at=-1"], "seconds since 1970"),
        (&["--ttl", "0"], "at least one second"),
        (&["--ttl", "0s"], "at least one second"),
        (&["--ttl", "an hour"], "90s, 15m, 1h, 1d"),
        (&["--ttl", "18446744073709551615"], "9999"),
    ] {
        let run = defenderauth(&[&["token", "-"], arguments].concat(), device());
        run.misused(&[word]);
    }
}

#[test]
fn a_token_lasts_an_hour_unless_it_is_told_otherwise() {
    let expiry = |run: Run| run.done().out.trim_end().rsplit_once("se=").unwrap().1.parse::<u64>().unwrap();
    let before = expiry(defenderauth(&["token", "-", "--ttl", "1h"], device()));
    let usual = expiry(defenderauth(&["token", "-"], device()));
    let after = expiry(defenderauth(&["token", "-", "--ttl", "1h"], device()));
    assert!((before..=after).contains(&usual), "{before} {usual} {after}");
}

#[test]
fn an_expired_token_is_made_with_a_warning() {
    let run = defenderauth(&["token", "-", "--expires-at", "0"], device()).done();
    assert!(run.out.ends_with("&se=0\n") && run.err.starts_with("warning: "), "{run:?}");
}

#[test]
fn a_ready_made_token_is_printed_as_it_is() {
    let token = "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-1\
                 &sig=9eBumH5Ca8KBIx1K7VrnUDQCoyaqnb9S7o0hpr5WQ0A%3D&se=1700003600";
    let text = string(&format!("DeviceId=dev-1;SharedAccessSignature={token}"));
    let run = defenderauth(&["token", "-", "--ttl", "1h"], text).done();
    assert_eq!(run.out, format!("{token}\n"));
    assert!(run.err.contains("warning: this is a ready-made token"), "{run:?}");
}

#[test]
fn a_certificate_has_no_token() {
    let run = defenderauth(&["token", "-", "--ttl", "1h"], string("DeviceId=dev-01;x509=true"));
    let run = run.failed(2, &["certificate", "has no SAS token"]);
    assert!(run.out.is_empty());
}
