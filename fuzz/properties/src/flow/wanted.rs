use core::time::Duration;
use defender_auth::{
    http::Request,
    identity::HostName,
    wait::{Reason, Wait},
};

/// A request goes where it should and is one request of HTTP, whatever a service has said before. Its bytes are handed
/// back.
pub(crate) fn request(request: &Request, host: &HostName) -> Vec<u8> {
    assert_eq!(request.host(), host, "it goes nowhere else");
    assert!(HostName::new(request.host().as_str()).is_ok());
    assert!(request.target().starts_with('/') && request.target().bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(request.token().is_none() || request.certificate().is_none(), "one thing proves it");
    let mut text = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", request.method(), request.target());
    for (name, value) in request.headers() {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    let mut headers = [httparse::EMPTY_HEADER; 8];
    let mut parsed = httparse::Request::new(&mut headers);
    assert_eq!(parsed.parse(text.as_bytes()), Ok(httparse::Status::Complete(text.len())), "one head and no more");
    assert_eq!((parsed.method, parsed.path), (Some(request.method()), Some(request.target())));
    let given = request.headers().map(|(name, value)| (name, value.as_bytes()));
    let sent = parsed.headers.iter().skip(1).map(|header| (header.name, header.value));
    assert!(given.eq(sent), "no header has become another, or two");
    let authorization = request.headers().find(|(name, _)| *name == "authorization").map(|(_, value)| value);
    assert_eq!(authorization, request.token().map(defender_auth::sas::SasToken::expose));
    if !request.body().is_empty() {
        let body: serde_json::Value = serde_json::from_slice(request.body()).expect("a body is JSON");
        assert!(body.is_object());
    }
    [text.as_bytes(), request.body()].concat()
}

/// A wait is not longer than any attempt here, nor nothing, and has the reason that there was. `status` is that of the
/// answer, if there was one.
pub(crate) fn wait(wait: Wait, status: Option<u16>) {
    assert!(Duration::from_secs(1) <= wait.at_least && wait.at_least <= Duration::from_secs(86_400), "{wait:?}");
    // Twice as long by the machine's own backoff, a quarter more when the service asks for a time.
    let asked = wait.at_least + wait.at_least / 4 + Duration::from_secs(1);
    let most = (wait.at_least * 2).min(Duration::from_secs(376)).max(asked);
    assert!(wait.at_least <= wait.at_most && wait.at_most <= most, "{wait:?}");
    for random in [0, 1, u32::MAX / 2, u32::MAX] {
        assert!((wait.at_least..=wait.at_most).contains(&wait.pick(random)), "{wait:?}");
    }
    match (wait.reason, status) {
        (Reason::Unanswered, None) | (Reason::Assigning, Some(200..=299)) => {}
        (Reason::Busy { status }, Some(given @ (408 | 429 | 500..=599))) => assert_eq!(status, given),
        (reason, status) => panic!("{reason:?} after {status:?}"),
    }
}
