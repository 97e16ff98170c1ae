//! Tokens of several makers, judged.

use crate::support::{KEY, LONG_KEY, Run, Scratch, agents, defenderauth, device, service, string};
use defender_auth::{
    SharedAccessKey, UnixTime,
    sas::{Resource, SasToken},
};

const PYTHON: &str = "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-1\
                      &sig=9eBumH5Ca8KBIx1K7VrnUDQCoyaqnb9S7o0hpr5WQ0A%3D&se=1700003600";

/// The verdict on a token by this key.
fn verify(key: &str, token: &str, input: &str, more: &[&str]) -> Run {
    let scratch = Scratch::new();
    let file = scratch.write("key.txt", key);
    let token = if token == "-" { token.into() } else { scratch.write("token.txt", token) };
    defenderauth(&[&["verify-token", "--key-file", &file, &token], more].concat(), input)
}

#[test]
fn tokens_of_every_maker_are_valid_until_they_expire() {
    for (maker, key, token, end) in [
        ("Python, device", KEY, PYTHON, 1_700_003_600),
        (
            "Python, service",
            KEY,
            "SharedAccessSignature sr=contoso.azure-devices.net\
             &sig=%2BuxN8m9lUqElvS80AU/WPK9hq8U5WbLBxWWmqfKQ26U%3D&se=1700003600&skn=iothubowner",
            1_700_003_600,
        ),
        (
            "Node",
            "cGFzc3dvcmQ=",
            "SharedAccessSignature sr=uri\
             &sig=kcWxXAK2OAaAoq2oCkaGzX2NMqDB8nCyNuq2fPYCDhk%3D&skn=encode%28%27Me%27%29&se=12345",
            12_345,
        ),
        (
            "C, whose hexadecimal digits are lower-case",
            KEY,
            "SharedAccessSignature sr=contoso.azure-devices.net/devices/dev-1\
             &sig=t94dVbrY3BqayxDWKj9V16vi%2fu7IudYqzvnzt%2farHv8%3d&se=1700003600",
            1_700_003_600,
        ),
        (
            "C over HTTP, with an empty policy",
            KEY,
            "SharedAccessSignature sr=contoso.azure-devices.net/devices/dev1\
             &sig=RBWsyIFrbO89UIyWL83VbOKoytVeT0BG1L%2f3qWfc3Yk%3d&se=1700003600&skn=",
            1_700_003_600,
        ),
        (
            "Java",
            KEY,
            "SharedAccessSignature sig=blk5YsJlaT1UuCZwkqIaZTjCT8Cv2a7K1fVAV7GMF7Y%3D&se=1700003600\
             &sr=contoso.azure-devices.net/devices/dev1/modules/%24edgeAgent",
            1_700_003_600,
        ),
    ] {
        let at = |now: u64, more: &[&str]| {
            let now = now.to_string();
            let run = verify(key, token, "", &[&["--now", &now], more].concat());
            (run.code, run.out.contains("verdict       valid\n"))
        };
        assert_eq!(at(end - 1, &[]), (0, true), "{maker}");
        assert_eq!(at(end, &[]), (1, false), "{maker}");
        assert_eq!(at(end, &["--skew", "1s"]), (0, true), "{maker}");
        assert_eq!(at(end + 299, &["--skew", "5m"]), (0, true), "{maker}");
        assert_eq!(at(end + 300, &["--skew", "5m"]), (1, false), "{maker}");
    }
}

#[test]
fn the_verdict_says_why() {
    let ended = verify(KEY, PYTHON, "", &["--now", "1700003660"]);
    assert!(ended.code == 1 && ended.out.contains("signature     valid\nverdict       not valid: "), "{ended:?}");
    let other = verify(LONG_KEY, PYTHON, "", &["--now", "1700000000"]);
    assert!(other.code == 1 && other.out.contains("signature     not valid\n"), "{other:?}");
    assert!(other.out.contains("not made by this key"), "{other:?}");
    let altered = PYTHON.replace("1700003600", "1800003600");
    let altered = verify(KEY, &altered, "", &["--now", "1700000000"]);
    assert!(altered.code == 1 && altered.out.contains("not made by this key"), "{altered:?}");
}

/// A token by [`KEY`], made with the library.
fn signed(resource: &str, expiry: u64) -> String {
    let key = SharedAccessKey::from_base64(KEY).unwrap();
    let resource = Resource::as_written(resource).unwrap();
    SasToken::sign(&key, &resource, UnixTime::from_secs(expiry)).expose().to_owned()
}

#[test]
fn a_valid_signature_does_not_make_a_token_valid_that_services_reject() {
    for (resource, expiry, reason) in [
        ("hub%2Fdev-01", 1_800_000_000, "host/devices/id"),
        ("hub/dev-01", 1_800_000_000, "host/devices/id"),
        ("https%3A%2F%2Fhub%2Fdevices%2Fdev-01", 1_800_000_000, "URL scheme"),
        ("hub%2Fdevices%2Fdev-01", 1_800_000_000_000, "milliseconds"),
        ("hub%2Fdevices%2Fdev-01", 1_800_000_000_000_000, "microseconds"),
        ("hub%2Fdevices%2Fdev-01", 3600, "lifetime"),
    ] {
        let run = verify(KEY, &signed(resource, expiry), "", &["--now", "1700000000"]);
        assert!(run.code == 1 && run.out.contains("signature     valid\nverdict       not valid: "), "{run:?}");
        assert!(run.out.contains(reason), "{reason}: {run:?}");
    }
}

#[test]
fn what_was_done_to_the_text_of_a_token_is_named() {
    let at = ["--now", "1700000000"];
    let token = signed("hub%2Fdevices%2Fdev-01", 1_796_040_000);
    for cut in [4, 1, 9] {
        let run = verify(KEY, &token[..token.len() - cut], "", &at);
        assert!(run.code == 1 && run.out.contains("truncated at its end"), "{cut}: {run:?}");
    }
    let decoded = token.replace("%2F", "/").replace("%3D", "=").replace("%2B", "+");
    let run = verify(KEY, &decoded, "", &at);
    assert!(run.code == 1 && run.out.contains("percent-decoded"), "{run:?}");
    for name in ["Authorization: ", "authorization:"] {
        verify(KEY, &format!("{name}{token}"), "", &at).failed(2, &["`Authorization`", "after the colon"]);
    }
    verify(KEY, &format!("SharedAccessSignature={token}"), "", &at).failed(2, &["at byte 22"]);
    let encoded = token.replace('%', "%25").replace(' ', "%20").replace('=', "%3D").replace('&', "%26");
    verify(KEY, &encoded, "", &at).failed(2, &["decode it once"]);
}

#[test]
fn the_resource_the_policy_and_the_expiry_are_shown() {
    let run = verify(KEY, PYTHON, "", &["--now", "1700000000"]).done();
    for part in ["contoso.azure-devices.net/devices/dev-1\n", "none\n", "2023-11-14T23:13:20Z (1700003600)"] {
        assert!(run.out.contains(part), "no {part:?} in {run:?}");
    }
}

#[test]
fn a_token_comes_from_standard_input_too() {
    for end in ["", "\n", "\r\n"] {
        verify(KEY, "-", &format!("{PYTHON}{end}"), &["--now", "1700000000"]).done();
    }
}

#[test]
fn without_a_time_this_systems_clock_counts() {
    assert_eq!(verify(KEY, PYTHON, "", &[]).code, 1);
}

#[test]
fn a_text_that_is_no_token_is_rejected_with_the_reason() {
    for (text, words) in [
        ("blah", "begins with `SharedAccessSignature `"),
        (KEY, "begins with `SharedAccessSignature `"),
        ("", "begins with `SharedAccessSignature `"),
        ("SharedAccessSignature sr=a&sig=b", "no `se`"),
        ("SharedAccessSignature sr=a&sig=b&se=tomorrow", "`se`"),
        ("SharedAccessSignature sr=a&sr=a&sig=b&se=1", "`sr` twice"),
        ("\"SharedAccessSignature sr=a&sig=b&se=1\"", "remove them"),
    ] {
        verify(KEY, text, "", &[]).failed(2, &[words, "token.txt"]);
        verify(KEY, "-", text, &[]).failed(2, &[words, "standard input"]);
    }
}

#[test]
fn a_text_that_is_no_key_is_rejected_with_the_reason() {
    verify("", PYTHON, "", &[]).failed(2, &["key.txt", "the key is empty"]);
    verify(&KEY[..42], PYTHON, "", &[]).failed(2, &["key.txt", "copy it again"]);
    let run = defenderauth(&["verify-token", "--key-file", "/no/such/file", "-"], PYTHON);
    run.failed(2, &["/no/such/file", "check the path"]);
}

/// The token of [`PYTHON`], verified with what an agent has.
fn verify_with(holder: &str, input: &str, more: &[&str]) -> Run {
    let scratch = Scratch::new();
    let token = scratch.write("token.txt", PYTHON);
    defenderauth(&[&["verify-token", "--key-file", holder, &token, "--now", "1700000000"], more].concat(), input)
}

#[test]
fn the_key_comes_from_a_connection_string_or_an_agents_folder() {
    let folder = Scratch::new();
    let string = string(&format!("DeviceId=dev-1;SharedAccessKey={KEY}"));
    let file = folder.write("connection_string.txt", &string);
    for (holder, input) in [(file.as_str(), ""), (&folder.folder(), ""), ("-", &string), ("-", KEY)] {
        let run = verify_with(holder, input, &[]).done();
        assert!(run.out.ends_with("signature     valid\nverdict       valid\n"), "{run:?}");
    }
}

#[test]
fn the_key_comes_from_a_c_agents_configuration() {
    let folder = agents::folder("c/device");
    for holder in [folder.clone(), format!("{folder}/LocalConfiguration.json")] {
        let run = verify_with(&holder, "", &[]);
        assert!(run.out.contains("signature     valid\n"), "{run:?}");
    }
}

#[test]
fn the_key_comes_from_a_service_connection_string() {
    let token = "SharedAccessSignature sr=contoso.azure-devices.net\
                 &sig=%2BuxN8m9lUqElvS80AU/WPK9hq8U5WbLBxWWmqfKQ26U%3D&se=1700003600&skn=iothubowner";
    let folder = Scratch::new();
    let holder = folder.write("service.txt", service());
    defenderauth(&["verify-token", "--key-file", &holder, "-", "--now", "1700000000"], token).done();
}

#[test]
fn a_token_for_another_identity_than_the_keys_is_not_valid_though_its_signature_is() {
    let folder = Scratch::new();
    let holder = folder.write("connection_string.txt", device());
    let run = verify_with(&holder, "", &[]);
    let verdict = "signature     valid\nverdict       not valid: the token is for ";
    assert!(run.code == 1 && run.out.contains(verdict), "{run:?}");
}

#[test]
fn an_identity_without_a_key_cannot_verify_a_token() {
    verify_with("-", &string("DeviceId=dev-1;x509=true"), &[]).failed(2, &["no shared access key"]);
}

#[test]
fn standard_input_is_not_read_for_key_and_token_at_once() {
    defenderauth(&["verify-token", "--key-file", "-", "-"], KEY).failed(2, &["standard input", "give a file"]);
}
