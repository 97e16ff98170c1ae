//! The little that is read of a certificate to describe a failure. What is verified is read by the verifier's own parser.

use crate::base::{
    der::{INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, any, take},
    time::UnixTime,
};
use alloc::{format, string::String};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The number of the version, explicitly tagged.
const VERSION: u8 = 0xa0;

/// `commonName` and `organizationName`, the attributes that show best who an issuer is.
const NAMES: [&[u8]; 2] = [&[0x55, 4, 3], &[0x55, 4, 10]];

/// The longest name that is shown, in characters. RFC 5280 allows as many.
const NAME_LIMIT: usize = 64;

/// What a certificate in DER says of itself.
pub(super) struct Described {
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    /// Of its issuer.
    pub(super) issuer: Option<String>,
}

impl Described {
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let (certificate, _) = value(der, SEQUENCE)?;
        let (mut fields, _) = value(certificate, SEQUENCE)?;
        if let Some((_, rest)) = value(fields, VERSION) {
            fields = rest;
        }
        let (_, fields) = value(fields, INTEGER)?;
        let (_, fields) = value(fields, SEQUENCE)?;
        let (issuer, fields) = value(fields, SEQUENCE)?;
        let (validity, _) = value(fields, SEQUENCE)?;
        let (not_before, rest) = time(validity)?;
        let (not_after, _) = time(rest)?;
        Some(Self { not_before, not_after, issuer: NAMES.iter().find_map(|name| attribute(issuer, name)) })
    }
}

/// The content of the element at the beginning, if it has this tag, and what follows it.
fn value(mut der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let element = take(&mut der, tag)?;
    Some((element.content, der))
}

/// A time in one of the two forms of RFC 5280, section 4.1.2.5. One before 1970 becomes 1970.
fn time(mut rest: &[u8]) -> Option<(UnixTime, &[u8])> {
    let (tag, element) = any(&mut rest)?;
    let text = core::str::from_utf8(element.content).ok()?;
    let (year, text) = match tag {
        UTC_TIME => {
            let (year, text) = text.split_at_checked(2)?;
            let year: u16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, text)
        }
        GENERALIZED_TIME => {
            let (year, text) = text.split_at_checked(4)?;
            (year.parse().ok()?, text)
        }
        _ => return None,
    };
    let digits = text.strip_suffix('Z').filter(|digits| digits.len() == 10)?;
    if year < 1970 {
        return Some((UnixTime::from_secs(0), rest));
    }
    let part = |at: usize| digits.get(at..at + 2);
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    let text = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    Some((text.parse().ok()?, rest))
}

/// The last attribute of this type in a name. What a terminal would not show as text is replaced.
fn attribute(mut name: &[u8], wanted: &[u8]) -> Option<String> {
    let mut found = None;
    while let Some((mut set, rest)) = value(name, SET) {
        while let Some((pair, others)) = value(set, SEQUENCE) {
            if let Some((kind, mut text)) = value(pair, OBJECT_IDENTIFIER)
                && kind == wanted
                && let Some((_, text)) = any(&mut text)
            {
                let text = String::from_utf8_lossy(text.content);
                let shown = text.chars().take(NAME_LIMIT).map(|char| if char.is_control() { '\u{fffd}' } else { char });
                found = Some(shown.collect()).filter(|text: &String| !text.is_empty()).or(found);
            }
            set = others;
        }
        name = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn made(params: &CertificateParams) -> Vec<u8> {
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn secs(time: UnixTime) -> u64 {
        time.as_secs()
    }

    #[test]
    fn validity_and_issuer_are_read() {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, "Contoso");
        params.distinguished_name.push(DnType::CommonName, "Contoso Inspection CA");
        (params.not_before, params.not_after) = (date_time_ymd(2026, 2, 28), date_time_ymd(2060, 12, 31));
        let described = Described::of(&made(&params)).unwrap();
        assert_eq!((secs(described.not_before), secs(described.not_after)), (1_772_236_800, 2_871_676_800));
        assert_eq!(described.issuer.as_deref(), Some("Contoso Inspection CA"));
    }

    #[test]
    fn an_issuer_without_a_common_name_is_shown_by_its_organization_without_control_characters() {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Con\u{1b}toso\n");
        let described = Described::of(&made(&params)).unwrap();
        assert_eq!(described.issuer.as_deref(), Some("Con\u{fffd}toso\u{fffd}"));
        params.distinguished_name = rcgen::DistinguishedName::new();
        assert_eq!(Described::of(&made(&params)).unwrap().issuer, None);
    }

    #[test]
    fn a_certificate_of_before_1970_begins_in_1970() {
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(1950, 1, 1);
        assert_eq!(secs(Described::of(&made(&params)).unwrap().not_before), 0);
    }

    #[test]
    fn no_beginning_of_a_certificate_is_one() {
        let whole = made(&CertificateParams::default());
        for length in 0..200 {
            assert!(Described::of(&whole[..length]).is_none(), "{length}");
        }
        assert!(Described::of(&[0xff; 64]).is_none());
    }
}
