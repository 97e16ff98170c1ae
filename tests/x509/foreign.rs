//! Files as other tools write them. Those in `data/foreign` were made by `data/foreign/make.sh`.

use crate::{
    data,
    der::{der, number},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use defender_auth::{
    error::{CertificateError, CertificateProblem as Problem, ForeignFormat},
    x509::{Chain, ClientIdentity, KeyAlgorithm, PrivateKey},
};
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384};

/// What decodes base64, and what takes quotation marks off, on this system.
const DECODE: &str = if cfg!(windows) { "certutil -decode FILE" } else { "base64 -d FILE" };
const UNQUOTE: &str = if cfg!(windows) { "Get-Content FILE" } else { "sed -e" };

fn key(pem: &[u8]) -> Result<PrivateKey, CertificateError> {
    PrivateKey::from_pem(pem, None)
}

fn problem<T>(result: Result<T, CertificateError>) -> Problem {
    result.err().unwrap().problem
}

#[test]
fn keys_that_others_read_are_read() {
    for (pem, algorithm) in [
        (data!("foreign/gnutls.sec1.pem"), KeyAlgorithm::P256),
        (data!("foreign/gnutls.pkcs8.pem"), KeyAlgorithm::P256),
        (data!("foreign/no-public.sec1.pem"), KeyAlgorithm::P256),
        (data!("foreign/no-public.pkcs8.pem"), KeyAlgorithm::P256),
        (data!("foreign/no-public.p384.pem"), KeyAlgorithm::P384),
        (data!("foreign/compressed.sec1.pem"), KeyAlgorithm::P256),
    ] {
        let read = key(pem).unwrap();
        assert_eq!(read.algorithm(), algorithm);
        // What is written can be used by a TLS stack.
        assert!(KeyPair::try_from(read.expose_pkcs8()).is_ok());
        assert_eq!(key(read.to_pem().expose().as_bytes()).unwrap().public_key(), read.public_key());
    }
    let [sec1, pkcs8] = [data!("foreign/no-public.sec1.pem"), data!("foreign/no-public.pkcs8.pem")];
    assert_eq!(key(sec1).unwrap().expose_pkcs8(), key(pkcs8).unwrap().expose_pkcs8());
}

/// A key in PKCS#8 of these parts.
fn pkcs8(version: u64, algorithm: &[&[u8]], key: &[u8], rest: &[u8]) -> Vec<u8> {
    der(0x30, &[&number(version), &der(0x30, algorithm), &der(4, &[key]), rest])
}

const RSA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: [u8; 9] = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: [u8; 7] = [6, 5, 0x2b, 0x81, 4, 0, 0x22];
const ED25519: [u8; 5] = [6, 3, 0x2b, 0x65, 0x70];
const NULL: [u8; 2] = [5, 0];

#[test]
fn parameters_of_an_algorithm_may_be_absent_or_too_many() {
    let pkcs1 = STANDARD.decode(body(data!("rsa2048.pkcs1.pem"))).unwrap();
    let good = key(data!("rsa2048.pkcs8.pem")).unwrap();
    let read = PrivateKey::from_pkcs8(&pkcs8(0, &[&RSA], &pkcs1, &[])).unwrap();
    assert_eq!(read.expose_pkcs8(), good.expose_pkcs8());
    let ed25519 = key(data!("ed25519.pem")).unwrap();
    let seed = &ed25519.expose_pkcs8()[14..48];
    let read = PrivateKey::from_pkcs8(&pkcs8(0, &[&ED25519, &NULL], seed, &[])).unwrap();
    assert_eq!(read.public_key(), ed25519.public_key());
}

#[test]
fn a_scalar_may_be_shorter_or_longer_than_its_curve() {
    let sec1 = |scalar: &[u8]| der(0x30, &[&number(1), &der(4, &[scalar])]);
    let p256 = |scalar: &[u8]| PrivateKey::from_pkcs8(&pkcs8(0, &[&EC, &P256], &sec1(scalar), &[]));
    let small = [[0; 31].as_slice(), &[7]].concat();
    let expected = p256(&small).unwrap();
    for scalar in [&[7][..], &[0, 7], &[[0; 40].as_slice(), &[7]].concat()] {
        assert_eq!(p256(scalar).unwrap().expose_pkcs8(), expected.expose_pkcs8());
    }
    // No number below the order of the curve.
    for scalar in [&[][..], &[0; 32], &[0xff; 32], &[1; 33]] {
        assert_eq!(problem(p256(scalar)), Problem::Key);
    }
    // The public half outside, as RFC 5958 has it, and a curve of another length.
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let whole = PrivateKey::from_pkcs8(&pair.serialize_der()).unwrap();
    let at = whole.expose_pkcs8().windows(2).position(|bytes| bytes == [4, 48]).unwrap();
    let scalar = &whole.expose_pkcs8()[at + 2..at + 50];
    let public = der(0x81, &[&[0], whole.public_key()]);
    let read = PrivateKey::from_pkcs8(&pkcs8(1, &[&EC, &P384], &sec1(scalar), &public)).unwrap();
    assert_eq!(read.public_key(), whole.public_key());
}

#[test]
fn what_cannot_be_used_here_is_named_and_not_called_broken() {
    let form = |pem: &[u8]| match problem(key(pem)) {
        Problem::RsaForm { what } => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(form(data!("foreign/rsa-exponent-3.pem")), "a public exponent below 65537");
    assert_eq!(form(data!("foreign/rsa2056.pem")), "a length that is not a multiple of 1024 bits");
    assert_eq!(form(data!("foreign/rsa-three-primes.pem")), "more than two primes");
    for pem in [data!("foreign/explicit.sec1.pem"), data!("foreign/explicit.pkcs8.pem")] {
        assert_eq!(problem(key(pem)), Problem::ExplicitCurve);
    }
}

fn body(pem: &[u8]) -> String {
    let text = str::from_utf8(pem).unwrap();
    text.lines().filter(|line| !line.starts_with('-')).collect()
}

const PASSWORD: Option<&[u8]> = Some(b"orchid");

#[test]
fn a_pfx_of_nss_is_read() {
    let me = ClientIdentity::from_pkcs12(data!("foreign/nss.pfx"), PASSWORD).unwrap();
    assert_eq!(me.key().public_key(), key(data!("foreign/nss.key.pem")).unwrap().public_key());
    assert_eq!(me.chain(), &Chain::from_pem(data!("foreign/nss.pem")).unwrap());
}

/// The same element with an indefinite length, and every other one that has elements in it.
fn indefinite(der: &[u8]) -> Vec<u8> {
    let mut rest = der;
    let mut all = Vec::new();
    while let [tag, length, after @ ..] = rest {
        let (length, after) = match length {
            0x81 => (usize::from(after[0]), &after[1..]),
            0x82 => (usize::from(u16::from_be_bytes([after[0], after[1]])), &after[2..]),
            short => (usize::from(*short), after),
        };
        let (content, next) = after.split_at(length);
        if tag & 0x20 == 0 {
            all.extend_from_slice(&rest[..rest.len() - next.len()]);
        } else {
            all.extend([&[*tag, 0x80], &*indefinite(content), &[0, 0]].concat());
        }
        rest = next;
    }
    all
}

#[test]
fn a_pfx_in_ber_is_read_with_and_without_a_password() {
    for (pfx, password) in [(data!("p256.pfx"), None), (data!("foreign/legacy-password.pfx"), PASSWORD)] {
        let expected = ClientIdentity::from_pkcs12(pfx, password).unwrap();
        let read = ClientIdentity::from_pkcs12(&indefinite(pfx), password).unwrap();
        assert_eq!(read.key().expose_pkcs8(), expected.key().expose_pkcs8());
        assert_eq!(read.chain(), expected.chain());
        let cut = indefinite(pfx);
        assert_eq!(problem(ClientIdentity::from_pkcs12(&cut[..cut.len() - 1], password)), Problem::Pkcs12);
    }
}

#[test]
fn a_password_opens_a_pfx() {
    let pfx = [data!("foreign/legacy-password.pfx"), data!("p256.password.pfx")];
    for pfx in pfx {
        assert!(ClientIdentity::from_pkcs12(pfx, PASSWORD).is_ok());
        assert_eq!(problem(ClientIdentity::from_pkcs12(pfx, None)), Problem::Pkcs12Password);
        for other in [&b"rose"[..], b"", b"Orchid", b"orchid\n", b"\xff"] {
            assert_eq!(problem(ClientIdentity::from_pkcs12(pfx, Some(other))), Problem::Pkcs12WrongPassword);
        }
    }
    // One that is not needed.
    assert!(ClientIdentity::from_pkcs12(data!("p256.pfx"), PASSWORD).is_ok());
    let text = Problem::Pkcs12Password.to_string();
    assert!(text.contains("`openssl pkcs12 -in FILE.pfx -nodes -out device.pem`"), "{text}");
}

#[test]
fn bytes_outside_the_blocks_are_ignored() {
    let (certificate, mine) = (data!("p256.certificate.pem"), data!("p256.pkcs8.pem"));
    for around in
        [&b"friendlyName: Ger\xe4t 1\n"[..], b"\xff\xfe\x80 \xc3\n", b"# \x00\x01\x02 binary\n", b"-----\xe9-----\n"]
    {
        assert!(Chain::from_pem(&[around, certificate, around].concat()).is_ok(), "{around:?}");
        assert!(key(&[around, mine, around].concat()).is_ok());
        assert!(ClientIdentity::from_pem(&[around, certificate, around, mine, around].concat(), None).is_ok());
    }
    // Inside they are not.
    let broken = [&certificate[..60], b"\xe9", &certificate[60..]].concat();
    assert_eq!(problem(Chain::from_pem(&broken)), Problem::NotBase64);
    let label = [b"-----BEGIN \xe9", &certificate[11..]].concat();
    assert_ne!(Chain::from_pem(&label).err(), None);
    assert_eq!(problem(Chain::from_pem(b"caf\xe9")), Problem::Binary);
}

#[test]
fn foreign_formats_are_named_with_the_command_that_converts_them() {
    let pfx = |pfx: &[u8]| problem(ClientIdentity::from_pkcs12(pfx, None));
    let certificate = |text: &[u8]| problem(Chain::from_pem(text));
    let named = |problem: Problem, format: ForeignFormat, command: &str| {
        let text = problem.to_string();
        assert!(problem == Problem::Foreign(format) && text.contains(command), "{text}");
    };
    for p7b in [data!("foreign/chain.p7b"), data!("foreign/chain.der.p7b")] {
        named(certificate(p7b), ForeignFormat::Pkcs7, "openssl pkcs7 -in FILE -print_certs");
    }
    named(certificate(body(data!("foreign/chain.p7b")).as_bytes()), ForeignFormat::Pkcs7, "openssl pkcs7");
    named(problem(key(data!("foreign/openssh.pem"))), ForeignFormat::OpenSsh, "ssh-keygen -p -m PKCS8 -f FILE");
    named(problem(key(b"PuTTY-User-Key-File-3: ecdsa\n")), ForeignFormat::Putty, "puttygen FILE");
    let jks = "keytool -importkeystore -srckeystore FILE";
    named(pfx(data!("foreign/keys.jks")), ForeignFormat::JavaKeyStore, jks);
    named(certificate(data!("foreign/keys.jks")), ForeignFormat::JavaKeyStore, jks);
    for file in [data!("p256.pfx"), data!("foreign/nss.pfx")] {
        let text = STANDARD.encode(file);
        let wrapped: String =
            text.as_bytes().chunks(76).flat_map(|line| [str::from_utf8(line).unwrap(), "\r\n"]).collect();
        for text in [text, wrapped] {
            named(pfx(text.as_bytes()), ForeignFormat::Base64Pkcs12, DECODE);
            named(certificate(text.as_bytes()), ForeignFormat::Base64Pkcs12, DECODE);
        }
    }
    named(
        certificate(body(data!("p256.certificate.pem")).as_bytes()),
        ForeignFormat::Base64Der,
        "openssl x509 -inform der",
    );
    let tss2 = b"-----BEGIN TSS2 PRIVATE KEY-----\nMAA=\n-----END TSS2 PRIVATE KEY-----\n";
    named(problem(key(tss2)), ForeignFormat::Tss2, "open it with `private_key::Opener`");
    let text = str::from_utf8(data!("p256.certificate.pem")).unwrap();
    let quoted = |end: &str| text.lines().flat_map(|line| ["    \"", line, end, "\n"]).collect::<String>();
    for end in ["\\n\"", "\\r\\n\"", "\\n\" \\", "\""] {
        let source = format!("static const char certificate[] =\n{};\n", quoted(end));
        named(certificate(source.as_bytes()), ForeignFormat::Quoted, UNQUOTE);
    }
}
