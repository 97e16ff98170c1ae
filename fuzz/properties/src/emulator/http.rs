use defender_auth_emulator::rehearsal::Rehearsal;
use httparse::{EMPTY_HEADER, Header, Request, Response, Status};

/// The statuses of the answers, which are well formed, one for each request, and all that was sent.
pub(super) fn statuses(sent: &[u8], rehearsal: &Rehearsal) -> Vec<u16> {
    let (mut rest, mut statuses) = (&rehearsal.answer[..], Vec::new());
    while !rest.is_empty() {
        let mut headers = [EMPTY_HEADER; 16];
        let mut response = Response::new(&mut headers);
        let Ok(Status::Complete(head)) = response.parse(rest) else { panic!("{:?}", String::from_utf8_lossy(rest)) };
        let status = response.code.expect("a whole head has a status");
        rest = &rest[head..];
        if status == 100 {
            continue;
        }
        let length = one(response.headers, "content-length").expect("every answer says its length");
        let length: usize = length.parse().expect("a number");
        assert!(one(response.headers, "date").is_some() && one(response.headers, "connection").is_some());
        let body = rest.get(..length).expect("the whole body comes");
        let is_json = serde_json::from_slice::<serde_json::Value>(body).is_ok();
        assert!(is_json != (status == 204), "a body is JSON, and 204 has none");
        rest = &rest[length..];
        statuses.push(status);
    }
    assert_eq!(statuses.len(), wanted(sent), "one request, one answer");
    assert!(rehearsal.journal.len() >= statuses.len().max(1));
    statuses
}

/// How many answers there should be: another reading of the same bytes.
fn wanted(mut sent: &[u8]) -> usize {
    for answers in 0.. {
        let mut headers = [EMPTY_HEADER; 64];
        let mut request = Request::new(&mut headers);
        let head = match request.parse(sent) {
            Ok(Status::Partial) if sent.len() <= 16 * 1024 => return answers,
            Ok(Status::Complete(head)) if head <= 16 * 1024 => head,
            _ => return answers + 1,
        };
        let is_named = one(request.headers, "host").is_some();
        let many = ["authorization", "connection", "content-length", "expect", "host", "transfer-encoding"];
        let are_single = many.iter().all(|name| count(request.headers, name) <= 1 && is_text(request.headers, name));
        let are_described = request.headers.iter().all(|header| {
            let name = header.name.to_ascii_lowercase();
            let describes = name.starts_with("iothub-") || name == "content-type" || name == "content-encoding";
            !describes || str::from_utf8(header.value).is_ok()
        });
        if !(is_named && are_single && are_described) {
            return answers + 1;
        }
        let length = one(request.headers, "content-length");
        let rest = match (length, one(request.headers, "transfer-encoding")) {
            (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => match chunks(&sent[head..]) {
                Ok(rest) => rest,
                Err(()) => return answers + 1,
            },
            (length, None) => match length.map_or(Some(0), number) {
                Some(length) => sent[head..].get(length..),
                None => return answers + 1,
            },
            _ => return answers + 1,
        };
        let Some(rest) = rest else { return answers };
        let closes = one(request.headers, "connection").is_some_and(|it| it.to_ascii_lowercase().contains("close"));
        if closes || request.version == Some(0) {
            return answers + 1;
        }
        sent = rest;
    }
    unreachable!("every request has a byte")
}

/// What follows a body in chunks. `None` while it is incomplete.
fn chunks(mut sent: &[u8]) -> Result<Option<&[u8]>, ()> {
    let mut total = 0;
    loop {
        let (head, length) = match httparse::parse_chunk_size(sent) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) if sent.len() <= 1024 => return Ok(None),
            _ => return Err(()),
        };
        total = length.saturating_add(total);
        if total > 256 * 1024 {
            return Err(());
        }
        sent = &sent[head..];
        if length == 0 {
            break;
        }
        let length = usize::try_from(length).expect("at most 256 KiB");
        let Some(end) = sent.get(length..length + 2) else { return Ok(None) };
        if end != b"\r\n" {
            return Err(());
        }
        sent = &sent[length + 2..];
    }
    while let Some(end) = sent.windows(2).position(|two| two == b"\r\n") {
        sent = &sent[end + 2..];
        if end == 0 {
            return Ok(Some(sent));
        }
    }
    if sent.len() <= 1024 { Ok(None) } else { Err(()) }
}

fn number(text: &str) -> Option<usize> {
    let is_one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|length| is_one && *length <= 256 * 1024)
}

fn count(headers: &[Header<'_>], name: &str) -> usize {
    headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).count()
}

fn is_text(headers: &[Header<'_>], name: &str) -> bool {
    let mut values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    values.all(|header| str::from_utf8(header.value).is_ok())
}

fn one<'b>(headers: &[Header<'b>], name: &str) -> Option<&'b str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    str::from_utf8(header.value).ok().map(str::trim)
}
