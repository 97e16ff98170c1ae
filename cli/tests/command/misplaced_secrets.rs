//! Secrets given as arguments. `support::run` makes sure that none is ever printed.

use crate::support::{KEY, LONG_KEY, Run, Scratch, command, defenderauth, device, not_unicode, run, service};

const TOKEN: &str = "SharedAccessSignature sr=contoso.azure-devices.net%2Fdevices%2Fdev-1\
                     &sig=9eBumH5Ca8KBIx1K7VrnUDQCoyaqnb9S7o0hpr5WQ0A%3D&se=1700003600";

/// The arguments are wrong because of a secret among them, which is not printed.
#[track_caller]
fn misplaced(arguments: &[&str], secret: &str) -> Run {
    let run = defenderauth(arguments, "").failed(
        2,
        &["is not repeated here", "a file", "standard input (`-`)", "Replace this secret", "fault: the call"],
    );
    let parts = secret.as_bytes().chunks_exact(16).map(|part| str::from_utf8(part).unwrap());
    assert!(run.out.is_empty() != arguments.contains(&"--json"), "{run:?}");
    assert!(parts.into_iter().skip(1).all(|part| !run.shows(part)), "{run:?}");
    run
}

#[test]
fn a_secret_in_any_position_is_not_printed() {
    for secret in [&device(), &service(), KEY, LONG_KEY, TOKEN, KEY.trim_end_matches('='), &KEY.replace('=', "%3D")] {
        let joined = format!("--key-file={secret}");
        let unknown = format!("--no-such-option={secret}");
        let endpoint = format!("contoso.azure-devices.net={secret}");
        for arguments in [
            &[secret][..],
            &["no-such-command", secret],
            &["inspect", secret],
            &["inspect", "--json", secret],
            &["inspect", "a", "b", secret],
            &["inspect", "--passphrase-file", secret],
            &["token", secret, "--ttl", "1h"],
            &["token", "-", "--ttl", secret],
            &["token", "-", "--expires-at", secret],
            &["verify-token", "--key-file", secret, "-"],
            &["verify-token", "--key-file", "key", secret],
            &["derive-key", "--group-key-file", secret, "dev-01"],
            &["derive-key", "--group-key-file", "key", secret],
            &["derive-key", "--group-key-file", "key", "--ids", secret],
            &["derive-key", "--group-key-file", "key", "--out", secret, "dev-01"],
            &["authenticate", secret, "--connect"],
            &["authenticate", "-", "--connect", "--client-id", secret],
            &["authenticate", "-", "--endpoint", &endpoint],
            &["authenticate", "-", "--ca-file", secret],
            &["provision", "--id-scope", secret],
            &["provision", "--registration-id", secret],
            &["provision", &joined],
            &["provision", &unknown],
            &["provision", "--no-such-option", secret],
            &["provision", "--model-id", secret],
            &["provision", "--write-connection-string", secret],
            &["provision", "--carrier", secret],
            &["twin", secret],
            &["twin", "-", "--tpm", secret],
            &["certificate", "check", "--cert-file", secret],
            &["certificate", "new", "root", "--common-name", secret],
            &["certificate", "new", "self-signed", "--device-id", secret],
            &["certificate", "verification", "--code", secret],
            &["tpm", "show", "--tpm", secret],
            &["tpm", "show", "--identity-handle", secret],
            &["tpm", secret],
            &["help", secret],
            &["--", secret],
        ] {
            misplaced(arguments, secret);
        }
    }
}

#[test]
fn what_to_type_is_said() {
    let device = device();
    for (arguments, line) in [
        (&[device.as_str()][..], "type `defenderauth inspect -`"),
        (&["inspect", &device], "type `defenderauth inspect -`"),
        (&["authenticate", &device, "--connect"], "type `defenderauth authenticate - --connect`"),
        (&["token", "--ttl", "1h", &device], "type `defenderauth token --ttl DURATION -`"),
        (&["provision", "--key-file", KEY], "type `defenderauth provision --key-file FILE`"),
        (&["verify-token", "--key-file", "k", TOKEN], "type `defenderauth verify-token --key-file FILE -`"),
    ] {
        let run = misplaced(arguments, arguments.last().unwrap());
        assert!(run.err.contains(line), "no {line:?} in {run:?}");
    }
}

/// The shell splits a key that is not quoted: its other half is an argument as well.
#[test]
fn no_word_beside_a_secret_is_repeated() {
    let half = "D5sHfJpGa0eUoI9R2qT4yV6Xk";
    let device = device();
    let (value, option) = (format!("--key-file={half}"), format!("--{}", half.to_lowercase()));
    let with_value = format!("{option}=x");
    for arguments in [
        &["inspect", &device, half][..],
        &["inspect", half, &device],
        &["inspect", &device, &format!("{half}=")],
        &[half, &device],
        &["token", "--ttl", half, &device],
        &["verify-token", "--key-file", half, &device],
        &["verify-token", &value, &device],
        &["inspect", &device, &option],
        &["inspect", &option, &device],
        &["inspect", &with_value, &device],
        &["derive-key", KEY, half],
        &["help", half, KEY],
        &["--", half, KEY],
    ] {
        let run = misplaced(arguments, KEY);
        assert!(!run.err.to_lowercase().contains(&half.to_lowercase()), "{run:?}");
    }
}

#[test]
fn a_part_of_a_secret_is_not_printed() {
    for part in
        ["n3vXw1YtB7mLcD5sHfJpGa0eUoI9R2qT4yV6Xk=", "D5sHfJpGa0eUoI9R2q==", "sr=contoso&sig=D5sHfJp", "sig=D5sHfJp"]
    {
        for arguments in [
            &["provision", "--key-file", part][..],
            &["inspect", part],
            &["derive-key", "--group-key-file", part, "dev-01"],
            &[part],
        ] {
            let run = misplaced(arguments, part);
            assert!(!run.shows("D5sHfJp"), "{run:?}");
        }
    }
}

#[test]
fn a_file_whose_name_ends_like_a_key_is_read() {
    let folder = Scratch::new();
    let name = "connection-string-of-device=";
    folder.write(name, device());
    let mut command = command(&["inspect", name]);
    command.current_dir(folder.folder());
    run(command, b"").done();
}

#[test]
fn a_value_that_is_no_file_is_not_replaced_by_one() {
    let json = format!("--json={KEY}");
    for (arguments, advice) in [
        (&["inspect", "-", &json][..], "--json takes no value"),
        (&["authenticate", "-", "--endpoint", KEY], "--endpoint takes HOST=ADDR:PORT"),
        (&["help", KEY], "`defenderauth --help`"),
    ] {
        let run = misplaced(arguments, KEY);
        assert!(run.err.contains(advice) && !run.err.contains("name of that file"), "{run:?}");
    }
}

/// A line of what `derive-key` prints, a header of HTTP, a private key, and another service's connection string.
#[test]
fn secrets_within_a_text_are_recognized() {
    for secret in [
        format!("dev-01,{KEY}"),
        format!("Authorization: {TOKEN}"),
        format!("{{\"primaryKey\": \"{KEY}\"}}"),
        format!("-----BEGIN PRIVATE KEY-----\n{KEY}"),
        format!("DefaultEndpointsProtocol=https;AccountName=a;AccountKey={LONG_KEY}"),
    ] {
        misplaced(&["inspect", &secret], KEY);
    }
}

#[test]
fn a_secret_beside_what_is_no_unicode_is_recognized() {
    let mut command = command(&["inspect"]);
    command.arg(not_unicode(&device()));
    run(command, b"").failed(2, &["is not repeated here"]);
}

#[test]
fn a_passphrase_in_the_place_of_its_file_is_not_printed() {
    let folder = Scratch::new();
    let string = folder.write("connection_string.txt", device());
    for (arguments, option) in [
        (&["inspect", &string, "--passphrase-file", "correcthorse"][..], "--passphrase-file"),
        (&["tpm", "show", "--owner-password-file", "correcthorse"], "--owner-password-file"),
        (&["tpm", "show", "--endorsement-password-file", "correcthorse"], "--endorsement-password-file"),
    ] {
        let run = defenderauth(arguments, "").failed(2, &[option, "does not exist", "not repeated here", "replace it"]);
        assert!(!run.shows("correcthorse"), "{run:?}");
    }
}

/// In a list of IDs, which are printed: the wrong file.
#[test]
fn a_key_in_a_list_of_ids_is_not_printed() {
    let folder = Scratch::new();
    let path = folder.folder();
    let (key, call) = (KEY.replace(['+', '/'], "x"), ["certificate", "new", "self-signed", "--ids", "-", "--out-dir"]);
    defenderauth(&[&call[..], &[&path]].concat(), &key).failed(2, &["line 1", "looks like a key"]);
    let group = folder.write("group.key", KEY);
    defenderauth(&["derive-key", "--group-key-file", &group, "--ids", "-"], LONG_KEY).failed(2, &["line 1"]);
}

/// The password of a proxy.
#[test]
fn a_secret_in_the_environment_is_not_printed() {
    let mut command = command(&["authenticate", "-", "--connect"]);
    command.env_clear().env("HTTPS_PROXY", format!("http://user:{KEY}@proxy:3128/{KEY}"));
    command.args(["--endpoint", "contoso.azure-devices.net=127.0.0.1:9"]);
    let run = run(command, device().as_bytes());
    assert!(run.code == 1 && run.err.contains("HTTPS_PROXY is not used"), "{run:?}");
}
