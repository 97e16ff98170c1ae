//! Certificates that a service has issued: how they are read from an answer, and how they are judged.

use crate::flow;
use defender_auth::{
    Attempt, Device, Now, SharedAccessKey, UnixTime,
    credential::{CertificateRequest, IssuedChain},
    dps::{Profile, Registration, Step},
    http::Response,
    outcome::Issuance,
    x509::{Certificate, Chain, judge},
};
use serde_json::Value;
use std::time::Duration;

/// The request of a device called dev-1.
const REQUEST: &[u8] = include_bytes!("../data/request.der");

/// A time at which the seeds are valid.
const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);

/// The first byte says what it is: `r` the final answer to a registration, `d` certificates in DER one after the other, `q` a
/// request.
///
/// What is accepted is what was requested: for its key and its name, each certificate issued by the next, all of them valid.
/// Nothing costs the assignment.
pub fn check(data: &[u8]) {
    match data {
        [b'r', answer @ ..] => registration(answer),
        [b'd', certificates @ ..] => chain(split(certificates)),
        [b'q', der @ ..] => request(der),
        _ => {}
    }
}

fn ours() -> CertificateRequest {
    CertificateRequest::from_der(REQUEST).expect("a request")
}

fn request(der: &[u8]) {
    match CertificateRequest::from_der(der) {
        Ok(request) => {
            assert_eq!(request.as_der(), der);
            let text = request.to_base64();
            assert!(text.len() <= CertificateRequest::LIMIT);
            assert_eq!(data_encoding::BASE64.decode(text.as_bytes()).as_deref(), Ok(der));
            let part = |part: &[u8]| der.windows(part.len().max(1)).any(|window| window == part);
            assert!(
                part(request.public_key())
                    && request.common_name().is_none_or(|name| name.is_empty() || part(name.as_bytes()))
            );
            flow::no_secret(&format!("{request:?}"), &[], b"");
        }
        Err(error) => flow::error(&error, &[], b""),
    }
}

fn registration(answer: &[u8]) {
    let now = Now { wall: NOW, monotonic: Duration::from_secs(5) };
    let profile = Profile::new("0ne00000A0A".parse().expect("a scope"), "dev-1".parse().expect("an ID"));
    let key = SharedAccessKey::from_bytes(b"a key of a registration").expect("a key");
    let finish = |profile: Profile| -> Option<Device> {
        let attempt = Attempt::new(now, Duration::from_secs(600));
        let sending = Registration::start(profile, key.clone(), now, attempt).expect("it is ours");
        match sending.answered(now, Response::new(200, answer)) {
            Ok(Step::Done(device, _)) => Some(device),
            Ok(_) => None,
            Err(error) => {
                flow::error(&error, &[], answer);
                None
            }
        }
    };
    let with = finish(profile.clone().with_certificate_request(ours()));
    let without = finish(profile);
    assert_eq!(with.as_ref().map(Device::identity), without.as_ref().map(Device::identity), "a request costs nothing");
    let Some(device) = with else { return };
    let issuance = |device: &Device| device.registration_state().expect("a registration").issuance.clone();
    let given = without.map(|device| issuance(&device)).expect("the same");
    match issuance(&device) {
        Issuance::Withheld => assert_eq!(given, Issuance::NotRequested),
        Issuance::Issued(issued) => {
            assert_eq!(given.chain(), Some(&issued));
            said(answer, &issued);
            chain(issued.certificates().to_vec());
        }
        Issuance::Unreadable(error) => {
            assert_eq!(given, Issuance::Unreadable(error));
            flow::error(&error, &[], answer);
        }
        other => panic!("{other:?}"),
    }
}

/// The certificates are those of the answer, in their order.
fn said(answer: &[u8], issued: &IssuedChain) {
    // A member that nobody reads may hold what is no text.
    let Ok(body) = serde_json::from_slice::<Value>(answer) else { return };
    let texts = body["registrationState"]["issuedCertificateChain"].as_array().expect("a list");
    assert_eq!(texts.len(), issued.certificates().len());
    for (text, der) in texts.iter().zip(issued.certificates()) {
        let text = text.as_str().expect("a text").trim_end_matches('=');
        assert_eq!(data_encoding::BASE64_NOPAD.encode(der), text);
    }
}

fn chain(certificates: Vec<Vec<u8>>) {
    let Some(issued) = IssuedChain::from_der(certificates) else { return };
    match judge(&issued, &ours(), None, NOW) {
        Ok(chain) => holds(&issued, &chain),
        Err(error) => flow::no_secret(&format!("{error} {error:?}"), &[], b""),
    }
}

fn holds(issued: &IssuedChain, chain: &Chain) {
    let certificates = chain.certificates();
    assert!((1..=6).contains(&certificates.len()));
    assert!(certificates.iter().map(Certificate::der).eq(issued.certificates()), "as they came");
    let leaf = &certificates[0];
    assert_eq!(leaf.common_name(), Some("dev-1"));
    assert!(ours().public_key().ends_with(leaf.public_key()), "it is for the key of the request");
    assert!(!leaf.is_ca() && !leaf.is_self_signed());
    for pair in certificates.windows(2) {
        assert_eq!(pair[0].issuer(), pair[1].subject());
        assert!(pair[1].is_ca());
    }
    for certificate in certificates {
        assert!(certificate.not_before() <= NOW + Duration::from_secs(300) && NOW <= certificate.not_after());
    }
}

/// DER, one after the other. The last one may be cut off.
fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let length = match bytes {
            [_, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            [_, 0x81, length, ..] => 3 + usize::from(*length),
            [_, length, ..] => 2 + usize::from(*length),
            _ => 1,
        };
        let (one, rest) = bytes.split_at(length.min(bytes.len()));
        all.push(one.to_vec());
        bytes = rest;
    }
    all
}
