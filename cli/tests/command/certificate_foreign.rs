//! Certificates that TLS cannot use, names that differ, modules, and files of other tools.

use crate::support::{
    HOST, Run, Scratch, data, defenderauth,
    site::{SCOPE, Site},
};
use defender_auth_emulator::{Dps, Enrollment, Hub, World};
use std::{fs, process::Command};

const ID: &str = "dev-01";

fn check(arguments: &[&str]) -> Run {
    defenderauth(&[&["certificate", "check", "--now", "1800000000"], arguments].concat(), "")
}

/// Registers with this certificate, which the service knows by its thumbprint.
fn provision(id: &str, certificate: &str, key: &str, thumbprint: &str) -> Run {
    let enrollment = Enrollment::with_thumbprint(ID, thumbprint).pending(0);
    let site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment)));
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", id];
    site.ask_dps(&[&device[..], &["--cert-file", certificate, "--key-file", key]].concat())
}

#[test]
fn what_tls_cannot_use_is_refused_and_named_by_its_own_file() {
    for (name, reason) in [("v1", "UnsupportedCertVersion"), ("critical", "UnsupportedCriticalExtension")] {
        let (pem, key) = (data(&format!("foreign/{name}.pem")), data(&format!("foreign/{name}.key.pem")));
        let run = check(&["--cert-file", &pem, "--key-file", &key, "--device-id", ID]);
        assert!(
            run.code == 1 && run.out.contains(&format!("this library's TLS cannot use the certificate ({reason})"))
        );
        assert!(run.out.ends_with("verdict       it will be refused\n"), "{run:?}");
        let run = provision(ID, &pem, &key, &"0".repeat(40));
        assert!(run.err.starts_with(&format!("error: {pem}: ")) && run.err.contains(reason), "{run:?}");
        assert_eq!(run.code, 2);
    }
}

fn self_signed(more: &[&str]) -> (Scratch, String) {
    let folder = Scratch::new();
    let call = ["certificate", "new", "self-signed", "--out-dir", &folder.folder()];
    let made = defenderauth(&[&call[..], more].concat(), "").done();
    let thumbprint = made.thumbprint();
    (folder, thumbprint)
}

#[test]
fn a_common_name_that_differs_is_reported_before_anything_is_sent() {
    let (folder, thumbprint) = self_signed(&["--device-id", "dev-02"]);
    let (pem, key) = (folder.path("certificate_public.pem"), folder.path("certificate_private.pem"));
    let words = "the common name (CN) is dev-02, and the registration ID is dev-01";
    let run = provision(ID, &pem, &key, &thumbprint);
    assert!(run.err.starts_with(&format!("warning: {pem}: {words}")), "{run:?}");
    let (folder, thumbprint) = self_signed(&["--device-id", ID]);
    let (pem, key) = (folder.path("certificate_public.pem"), folder.path("certificate_private.pem"));
    let run = provision(ID, &pem, &key, &thumbprint).done();
    assert!(!run.err.contains("warning"), "{run:?}");
}

#[test]
fn a_module_has_a_certificate_of_its_own() {
    let office = Scratch::new();
    let root = ["certificate", "new", "root", "--common-name", "root", "--out-dir", &office.folder()];
    defenderauth(&root, "").done();
    let ca = ["--sign-with", &office.path("root.pem"), "--sign-key", &office.path("root.key.pem")];
    let module = ["--device-id", ID, "--module-id", "azureiotsecurity"];
    let new = ["certificate", "new", "device", "--out-dir", &office.folder()];
    defenderauth(&[&new[..], &ca, &module].concat(), "").done();
    let chain = office.path("certificate_public.pem");
    let check = |more: &[&str]| defenderauth(&[&["certificate", "check", "--cert-file", &chain], more].concat(), "");
    let run = check(&module).done();
    assert!(run.out.starts_with("subject       CN=dev-01/azureiotsecurity\n"), "{run:?}");
    for other in [&["--device-id", ID][..], &["--device-id", ID, "--module-id", "other"]] {
        let run = check(other);
        assert!(run.code == 1 && run.out.contains("the common name (CN) is dev-01/azureiotsecurity"), "{run:?}");
    }
    check(&["--module-id", "other"]).misused(&["--device-id"]);
    let long = ["certificate", "new", "self-signed", "--device-id", &"d".repeat(60), "--module-id", "azureiotsecurity"];
    defenderauth(&[&long[..], &["--out-dir", &office.path("long")]].concat(), "").failed(2, &["at most 64"]);
    // A list of devices, each with its module.
    let ids = office.write("ids", "dev-02\ndev-03\n");
    let batch = ["certificate", "new", "device", "--ids", &ids, "--module-id", "m", "--out-dir", &office.path("fleet")];
    defenderauth(&[&batch[..], &ca].concat(), "").done();
    let chain = office.path("fleet/dev-03/certificate_public.pem");
    defenderauth(&["certificate", "check", "--cert-file", &chain, "--device-id", "dev-03", "--module-id", "m"], "")
        .done();
}

#[test]
fn an_at_sign_cannot_become_a_registration_id() {
    let folder = Scratch::new();
    let call = ["certificate", "new", "self-signed", "--device-id", "dev@contoso", "--out-dir", &folder.folder()];
    let run = defenderauth(&call, "").done();
    assert!(run.err.contains("warning: dev@contoso: with `@` in its common name"), "{run:?}");
    let run = check_names(&folder, &["--registration-id", "dev-01"]);
    assert!(run.code == 1 && run.out.contains("cannot be a registration ID because of `@`"), "{run:?}");
    check_names(&folder, &["--device-id", "dev@contoso"]).done();
}

fn check_names(folder: &Scratch, more: &[&str]) -> Run {
    defenderauth(&[&["certificate", "check", "--cert-file", &folder.path("certificate_public.pem")], more].concat(), "")
}

#[test]
fn a_pfx_is_opened_by_the_passphrase_in_a_file() {
    let folder = Scratch::new();
    for pfx in [data("p256.password.pfx"), data("foreign/legacy-password.pfx")] {
        let right = folder.write("right", "orchid\n");
        let run = check(&["--cert-file", &pfx, "--passphrase-file", &right, "--device-id", ID]).done();
        assert!(run.out.ends_with("verdict       usable\n") && !run.out.contains("give --key-file"), "{run:?}");
        let wrong = folder.write("wrong", "rose");
        check(&["--cert-file", &pfx, "--passphrase-file", &wrong])
            .failed(2, &[&pfx, "the password does not open the .pfx"]);
        check(&["--cert-file", &pfx]).failed(2, &[&pfx, "`openssl pkcs12 -in FILE.pfx -nodes -out device.pem`"]);
    }
}

#[test]
#[ignore = "needs openssl, which `cargo xtask test` brings"]
fn the_command_that_converts_a_pfx_works() {
    let folder = Scratch::new();
    let (pfx, pem) = (data("p256.password.pfx"), folder.path("device.pem"));
    let convert = ["pkcs12", "-in", &pfx, "-nodes", "-out", &pem, "-passin", "pass:orchid"];
    assert!(Command::new("openssl").args(convert).status().unwrap().success());
    check(&["--cert-file", &pem, "--key-file", &pem, "--device-id", ID]).done();
    let (p7b, pem) = (data("foreign/chain.p7b"), folder.path("chain.pem"));
    let convert = ["pkcs7", "-in", &p7b, "-print_certs", "-out", &pem];
    assert!(Command::new("openssl").args(convert).status().unwrap().success());
    check(&["--cert-file", &pem]).done();
}

/// The command out of the message, run over the file.
#[test]
#[cfg_attr(windows, ignore = "needs a POSIX shell")]
fn the_command_that_takes_quotation_marks_off_works() {
    let (folder, text) = (Scratch::new(), fs::read_to_string(data("p256.certificate.pem")).unwrap());
    let source: String = text.lines().flat_map(|line| ["    \"", line, "\\r\\n\"\n"]).collect();
    let file = folder.write("certificate.h", format!("static const char certificate[] =\n{source};\n"));
    let run = check(&["--cert-file", &file]).failed(2, &["certificate.h", "in the quotation marks of a program"]);
    let command = run.err.split('`').nth(1).unwrap().replace("FILE", &file);
    let output = Command::new("sh").args(["-c", &command]).output().unwrap();
    let plain = folder.write("plain.pem", output.stdout);
    check(&["--cert-file", &plain]).done();
}

#[test]
fn a_file_of_roots_may_have_any_bytes_outside_its_blocks() {
    let (folder, thumbprint) = self_signed(&["--device-id", ID]);
    let (pem, key) = (folder.path("certificate_public.pem"), folder.path("certificate_private.pem"));
    let enrollment = Enrollment::with_thumbprint(ID, &thumbprint).pending(0);
    let mut site = Site::play(World::new().hub(Hub::new(HOST)).dps(Dps::new(SCOPE).enrollment(enrollment)));
    let roots = fs::read(&site.roots).unwrap();
    site.roots = folder.write("roots.pem", [b"# Ger\xe4t\n", &*roots, b"\xff\xfe\n"].concat());
    let device = ["provision", "--id-scope", SCOPE, "--registration-id", ID];
    site.ask_dps(&[&device[..], &["--cert-file", &pem, "--key-file", &key]].concat()).done();
    fs::create_dir(folder.path("folder")).unwrap();
    for (name, words) in [("folder", "not a regular file"), ("absent", "no such file")] {
        site.roots = folder.path(name);
        let run = site.ask_dps(&[&device[..], &["--cert-file", &pem, "--key-file", &key]].concat());
        run.failed(2, &[name, words]);
    }
}
