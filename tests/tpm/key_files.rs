//! Key files that are not accepted, and why.

use defender_auth::{
    error::{KeyFileError, SigningKeyError, TpmError, UnsupportedKey},
    tpm::KeyFile,
};

const LOADABLE: [u8; 8] = [6, 6, 0x67, 0x81, 5, 0x0a, 1, 3];
const STORAGE_ROOT: [u8; 6] = [2, 4, 0x40, 0, 0, 1];

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match u8::try_from(length) {
        Ok(short @ ..=0x7f) => vec![tag, short],
        Ok(long) => vec![tag, 0x81, long],
        Err(_) => [&[tag, 0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    };
    [head, content.to_vec()].concat()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// The public area of a key on P-256, with these attributes and this scheme.
fn public(attributes: u32, scheme: &[u8], curve: u8) -> Vec<u8> {
    let unique = [sized(&[7; 32]), sized(&[9; 32])].concat();
    let begin = [&[0, 0x23, 0, 0x0b][..], &attributes.to_be_bytes(), &[0, 0, 0, 0x10], scheme].concat();
    sized(&[&begin[..], &[0, curve, 0, 0x10], &unique].concat())
}

/// A file of its parts, in their order.
fn file(parts: &[&[u8]]) -> Result<KeyFile, TpmError> {
    KeyFile::from_der(&element(0x30, &parts.concat()))
}

/// The same with the parts that every file has, and some before the parent.
fn with(options: &[u8], parent: &[u8], public: &[u8], private: &[u8]) -> Result<KeyFile, TpmError> {
    file(&[&LOADABLE, options, parent, &element(4, public), &element(4, private)])
}

fn sound(options: &[u8]) -> Result<KeyFile, TpmError> {
    with(options, &STORAGE_ROOT, &public(0x0004_0472, &[0, 0x10], 3), &sized(&[5; 126]))
}

#[test]
fn the_optional_fields_are_read_in_their_order() {
    let empty_auth = [0xa0, 3, 1, 1, 0xff];
    let description = [0xa4, 5, 0x0c, 3, b'k', b'e', b'y'];
    let not_rsa = [0xa5, 3, 1, 1, 0];
    let all = [&empty_auth[..], &description, &not_rsa].concat();
    for options in [&[][..], &empty_auth, &description, &not_rsa, &all] {
        assert!(sound(options).is_ok(), "{options:x?}");
    }
    let wrong_order = [&description[..], &empty_auth].concat();
    assert_eq!(sound(&wrong_order), Err(KeyFileError::Field { field: "parent" }.into()));
    assert_eq!(sound(&[0xa0, 3, 1, 2, 0xff]), Err(KeyFileError::Field { field: "emptyAuth" }.into()));
    let twice = [empty_auth, empty_auth].concat();
    assert_eq!(sound(&twice), Err(KeyFileError::Field { field: "parent" }.into()));
}

#[test]
fn what_is_not_a_loadable_key_is_rejected_by_its_name() {
    let of_type = |last: u8| {
        let mut oid = LOADABLE;
        oid[7] = last;
        let public = element(4, &public(0x0004_0472, &[0, 0x10], 3));
        file(&[&oid, &STORAGE_ROOT, &public, &element(4, &sized(&[5; 126]))])
    };
    for (result, expected) in [
        (of_type(4), KeyFileError::Importable),
        (of_type(5), KeyFileError::Sealed),
        (of_type(6), KeyFileError::Type),
        (sound(&[0xa1, 2, 0x30, 0]), KeyFileError::Policy),
        (sound(&[0xa2, 4, 4, 2, 0, 0]), KeyFileError::Importable),
        (sound(&[0xa3, 2, 0x30, 0]), KeyFileError::Policy),
        (sound(&[0xa5, 3, 1, 1, 1]), KeyFileError::RsaParent),
    ] {
        assert_eq!(result, Err(expected.into()));
    }
}

#[test]
fn a_parent_is_the_owners_storage_root_key_or_a_persistent_one() {
    let parent = |integer: &[u8]| with(&[], &element(2, integer), &public(0x0004_0472, &[0, 0x10], 3), &sized(&[5]));
    for (integer, handle) in [
        (&[0x40, 0, 0, 1][..], 0x4000_0001),
        (&[0, 0x81, 0, 0, 1], 0x8100_0001),
        (&[0, 0x81, 0xff, 0xff, 0xff], 0x81ff_ffff),
    ] {
        assert_eq!(parent(integer).unwrap().parent().handle(), handle);
    }
    for (integer, handle) in [
        (&[0x40, 0, 0, 7][..], 0x4000_0007),
        (&[0x40, 0, 0, 0x0b], 0x4000_000b),
        (&[0, 0x80, 0, 0, 0], 0x8000_0000),
        (&[0, 0x82, 0, 0, 0], 0x8200_0000),
        (&[0], 0),
        (&[1, 2], 0x102),
    ] {
        assert_eq!(parent(integer), Err(KeyFileError::Parent { handle }.into()));
    }
    // Negative, longer than a handle, empty.
    for integer in [&[0x81, 0, 0, 1][..], &[1, 0x81, 0, 0, 1], &[0, 0, 0x81, 0, 0, 1], &[]] {
        assert_eq!(parent(integer), Err(KeyFileError::Field { field: "parent" }.into()), "{integer:x?}");
    }
}

#[test]
fn both_lengths_of_a_part_agree() {
    let (good, private) = (public(0x0004_0472, &[0, 0x10], 3), sized(&[5; 126]));
    let large = sized(&[5; 3900]);
    assert_eq!(with(&[], &STORAGE_ROOT, &good, &large), Err(KeyFileError::TooLarge { limit: 4000 }.into()));
    for (public, private, field) in [
        (&good[..good.len() - 1], &private[..], "pubkey"),
        (&[&good[..], &[0]].concat(), &private, "pubkey"),
        (&[][..], &private, "pubkey"),
        (&good, &private[..127], "privkey"),
        (&good, &[&private[..], &[0]].concat(), "privkey"),
        (&good, &[0, 0], "privkey"),
        (&good, &[0], "privkey"),
    ] {
        assert_eq!(with(&[], &STORAGE_ROOT, public, private), Err(KeyFileError::Length { field }.into()));
    }
}

#[test]
fn keys_of_other_kinds_are_named() {
    let kind = |public: &[u8]| match with(&[], &STORAGE_ROOT, public, &sized(&[5])).unwrap_err() {
        TpmError::SigningKey(SigningKeyError::Kind(kind)) => kind,
        error => panic!("{error}"),
    };
    let rsa = |bits: u16, exponent: u32, modulus: &[u8]| {
        let begin = [0, 1, 0, 0x0b, 0, 6, 4, 0x72, 0, 0, 0, 0x10, 0, 0x10];
        let numbers = [&bits.to_be_bytes()[..], &exponent.to_be_bytes()].concat();
        sized(&[&begin[..], &numbers, &sized(modulus)].concat())
    };
    let ec = |scheme: &[u8], curve| public(0x0004_0472, scheme, curve);
    assert_eq!(kind(&ec(&[0, 0x10], 5)), UnsupportedKey::Curve(5));
    assert_eq!(kind(&ec(&[0, 0x10], 0x20)), UnsupportedKey::Curve(0x20));
    assert_eq!(kind(&rsa(1024, 0, &[0xff; 128])), UnsupportedKey::RsaBits(1024));
    assert_eq!(kind(&rsa(2048, 3, &[0xff; 256])), UnsupportedKey::RsaExponent(3));
    assert_eq!(kind(&rsa(2048, 0, &[0xff; 255])), UnsupportedKey::Malformed);
    assert_eq!(kind(&rsa(2048, 0, &[0x7f; 256])), UnsupportedKey::Malformed);
    assert!(with(&[], &STORAGE_ROOT, &rsa(2048, 65_537, &[0xff; 256]), &sized(&[5])).is_ok());
    assert_eq!(kind(&sized(&[0, 8, 0, 0x0b, 0, 4, 4, 0x72, 0, 0])), UnsupportedKey::Type(8));
    assert_eq!(kind(&sized(&[0, 0x23])), UnsupportedKey::Malformed);
    // A counter behind the hash of ECDAA.
    assert!(with(&[], &STORAGE_ROOT, &ec(&[0, 0x1a, 0, 0x0b, 0, 0], 3), &sized(&[5])).is_ok());
    assert_eq!(kind(&ec(&[0, 0x1a, 0, 0x0b], 3)), UnsupportedKey::Malformed);
}

#[test]
fn a_text_holds_one_block_of_the_format_among_others() {
    let text = sound(&[]).unwrap().to_pem();
    let other = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for text in [
        text.clone(),
        format!("{other}{text}"),
        format!("{text}{other}"),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
    ] {
        assert_eq!(KeyFile::from_pem(text.as_bytes()), sound(&[]));
    }
    let problem = |text: &str| match KeyFile::from_pem(text.as_bytes()).unwrap_err() {
        TpmError::KeyFile(error) => error,
        error => panic!("{error}"),
    };
    assert_eq!(problem(""), KeyFileError::NoBlock);
    assert_eq!(problem(other), KeyFileError::NoBlock);
    assert_eq!(problem(&format!("{text}{text}")), KeyFileError::SecondBlock);
    assert_eq!(problem(&text.replace("PRIVATE KEY", "KEY BLOB")), KeyFileError::KeyBlob);
    assert_eq!(problem(&text[..text.len() - 10]), KeyFileError::NoEnd);
    assert_eq!(problem(&format!("{}{other}", &text[..120])), KeyFileError::NoEnd);
    assert_eq!(problem(&text.replace("AAA", "A*A")), KeyFileError::NotBase64);
    assert_eq!(problem(&"x".repeat(70_000)), KeyFileError::TooLarge { limit: 65_536 });
}
