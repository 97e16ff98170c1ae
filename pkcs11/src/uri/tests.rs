use super::*;

fn read(text: &str) -> Result<Uri, UriError> {
    text.parse()
}

#[test]
fn attributes_are_decoded() {
    let uri = read("pkcs11:token=a%3Bb%20c?module-path=/a%26b&pin-source=%2Fetc%2Fpin").unwrap();
    assert_eq!((uri.token(), uri.module_path(), uri.pin_source()), (Some("a;b c"), Some("/a&b"), Some("/etc/pin")));
    assert_eq!((uri.object(), uri.id(), uri.module_name()), (None, None, None));
    let uri = read("PKCS11:id=%01%fF;x-vendor=1;x-vendor=2?x-a=1&x-a=2").unwrap();
    assert_eq!(uri.id(), Some(&[1, 0xff][..]));
    assert_eq!(read("pkcs11:object=").unwrap().object(), Some(""));
    assert_eq!(read("pkcs11:object=Schl%C3%BCssel").unwrap().object(), Some("Schlüssel"));
}

#[test]
fn a_uri_without_attributes_allows_everything() {
    for text in ["pkcs11:", "pkcs11:?", "Pkcs11:"] {
        assert_eq!(read(text), Ok(Uri::default()));
    }
    assert!(Uri::default().allows("token", "any") && Uri::default().allows_slot(7));
    assert!(Uri::default().allows_version((2, 6)));
}

#[test]
fn each_attribute_restricts_what_it_names() {
    let uri = read("pkcs11:serial=1;slot-id=7;library-version=2.40").unwrap();
    assert!(uri.allows("serial", "1") && !uri.allows("serial", "2") && uri.allows("model", "2"));
    assert!(uri.allows_slot(7) && !uri.allows_slot(0));
    assert!(uri.allows_version((2, 40)) && !uri.allows_version((2, 4)));
    assert!(read("pkcs11:library-version=3").unwrap().allows_version((3, 0)));
}

#[test]
fn a_pin_in_the_uri_is_noted_and_not_kept() {
    let uri = read("pkcs11:token=aziot;object=device-key;type=private?pin-value=hunter2").unwrap();
    assert!(uri.has_pin_value() && !format!("{uri:?} {uri}").contains("hunter2"));
    assert_eq!(read("pkcs11:object=a?pin-value=1&pin-source=file:/x"), Err(UriError::BothPins));
    assert_eq!(read("pkcs11:object=a?pin-value=1&pin-value=1"), Err(UriError::Twice { name: "pin-value" }));
}

#[test]
fn what_rfc_7512_does_not_allow_is_refused_with_its_place() {
    for (text, error) in [
        ("pkcs12:x", UriError::Scheme),
        ("", UriError::Scheme),
        ("pkcs11", UriError::Scheme),
        ("pkcs1é:", UriError::Scheme),
        ("/etc/key.pem", UriError::Scheme),
        ("pkcs11:object=a;object=b", UriError::Twice { name: "object" }),
        ("pkcs11:id=%01;id=%01", UriError::Twice { name: "id" }),
        ("pkcs11:type=private;type=private", UriError::Twice { name: "type" }),
        ("pkcs11:slot-id=1;slot-id=1", UriError::Twice { name: "slot-id" }),
        ("pkcs11:?pin-source=a&pin-source=a", UriError::Twice { name: "pin-source" }),
        ("pkcs11:object=%4", UriError::Percent { offset: 14 }),
        ("pkcs11:object=%zz", UriError::Percent { offset: 14 }),
        ("pkcs11:object=a%", UriError::Percent { offset: 15 }),
        ("pkcs11:object=%+1", UriError::Percent { offset: 14 }),
        ("pkcs11:object=%é0", UriError::Percent { offset: 14 }),
        ("pkcs11:token=%ff", UriError::Value { name: "token", problem: ValueProblem::NotUtf8 }),
        ("pkcs11:token=a%00", UriError::Value { name: "token", problem: ValueProblem::Nul }),
        ("pkcs11:object=a b", UriError::Character { offset: 15 }),
        ("pkcs11:object=a#b", UriError::Character { offset: 15 }),
        ("pkcs11:object=ü", UriError::Character { offset: 14 }),
        ("pkcs11:object=a/b", UriError::Character { offset: 15 }),
        ("pkcs11:object=a?pin-source=a;b", UriError::Character { offset: 28 }),
        ("pkcs11:lable=a", UriError::Unknown { offset: 7 }),
        ("pkcs11:Object=a", UriError::Unknown { offset: 7 }),
        ("pkcs11:object=a;module-name=m", UriError::Unknown { offset: 16 }),
        ("pkcs11:object=a;module-path=/m", UriError::Character { offset: 28 }),
        ("pkcs11:?object=a", UriError::Unknown { offset: 8 }),
        ("pkcs11:object", UriError::NotAnAttribute { offset: 7 }),
        ("pkcs11:object=a;", UriError::NotAnAttribute { offset: 16 }),
        ("pkcs11:;object=a", UriError::NotAnAttribute { offset: 7 }),
        ("pkcs11:=a", UriError::NotAnAttribute { offset: 7 }),
        ("pkcs11:ob.ject=a", UriError::NotAnAttribute { offset: 7 }),
        ("pkcs11:object=a?pin-source=b&", UriError::NotAnAttribute { offset: 29 }),
    ] {
        assert_eq!(read(text), Err(error), "{text}");
    }
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for (text, name) in [
        ("pkcs11:object=a?pin-source=|cat", "pin-source"),
        ("pkcs11:object=a?pin-source=%7Ccat%20/etc/pin", "pin-source"),
        ("pkcs11:object=a?pin-source=", "pin-source"),
        ("pkcs11:?module-name=../x", "module-name"),
        ("pkcs11:?module-name=", "module-name"),
        ("pkcs11:?module-path=x.so", "module-path"),
        ("pkcs11:?module-path=", "module-path"),
        ("pkcs11:type=cert", "type"),
        ("pkcs11:type=", "type"),
        ("pkcs11:slot-id=", "slot-id"),
        ("pkcs11:slot-id=+1", "slot-id"),
        ("pkcs11:slot-id=0x1", "slot-id"),
        ("pkcs11:slot-id=18446744073709551616", "slot-id"),
        ("pkcs11:library-version=2.", "library-version"),
        ("pkcs11:library-version=256", "library-version"),
        ("pkcs11:library-version=1.2.3", "library-version"),
    ] {
        match read(text) {
            Err(UriError::Value { name: found, .. }) => assert_eq!(found, name, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_uri_has_a_longest_length() {
    let text = |length: usize| format!("pkcs11:object={}", "a".repeat(length - 14));
    assert!(read(&text(LIMIT)).is_ok());
    assert_eq!(read(&text(LIMIT + 1)), Err(UriError::TooLong));
}

#[test]
fn a_uri_is_shown_in_a_form_that_is_read_the_same() {
    for (text, shown) in [
        ("pkcs11:", "pkcs11:"),
        ("pkcs11:?module-name=a", "pkcs11:?module-name=a"),
        (
            "PKCS11:id=%01a;object=a%20b%3b%2f;type=private;x-y=1?pin-source=%2fp%20q",
            "pkcs11:object=a%20b%3B%2F;type=private;id=%01a?pin-source=/p%20q",
        ),
        ("pkcs11:library-version=3;slot-id=007;token=t", "pkcs11:token=t;slot-id=7;library-version=3.0"),
        ("pkcs11:?pin-value=1", "pkcs11:"),
    ] {
        let uri = read(text).unwrap();
        assert_eq!(uri.to_string(), shown);
        assert!(uri.has_pin_value() || read(shown).as_ref() == Ok(&uri), "{shown}");
    }
}
