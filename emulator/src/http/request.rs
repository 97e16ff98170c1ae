use httparse::{EMPTY_HEADER, Header, Status};

/// The longest head of a request, in bytes.
pub(crate) const HEAD: usize = 16 * 1024;

/// The longest body of a request, in bytes: as of a message to a hub.
pub(crate) const BODY: usize = 256 * 1024;

/// What the header of a message's own property begins with.
pub(crate) const PROPERTY: &str = "iothub-app-";

/// The largest number of headers.
const HEADERS: usize = 64;

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Without the port.
    pub(crate) host: String,
    /// With the port.
    pub(crate) authority: String,
    pub(crate) origin: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) if_match: Option<String>,
    pub(crate) body: Body,
    /// The headers that describe a message: of its body, and its properties.
    pub(crate) described: Vec<(String, String)>,
    /// Whether the client requests that the connection be closed.
    pub(crate) closes: bool,
    /// Whether the client expects `100 Continue`.
    pub(crate) waits: bool,
    pub(crate) websocket: Option<Upgrade>,
}

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Length(usize),
    Chunked,
}

/// The request for a WebSocket (RFC 6455, section 4.2.1).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub(crate) key: String,
    pub(crate) version: String,
    /// Sub-protocols, separated by commas.
    pub(crate) protocols: String,
}

/// A malformed request: the status of the answer, and the reason.
pub(crate) type Unfit = (u16, &'static str);

/// The head at the beginning of `bytes` and its length, or `None` while it is incomplete.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Unfit> {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(Status::Complete(length)) if length <= HEAD => length,
        Ok(Status::Partial) if bytes.len() <= HEAD => return Ok(None),
        Ok(_) => return Err((431, "the head is too long")),
        Err(httparse::Error::TooManyHeaders) => return Err((431, "there are too many headers")),
        Err(_) => return Err((400, "this is not HTTP/1.1")),
    };
    let headers = Headers(request.headers);
    let body = match (headers.one("transfer-encoding")?, headers.one("content-length")?) {
        (None, None) => Body::Length(0),
        (None, Some(length)) => Body::Length(length_of(length)?),
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Body::Chunked,
        (Some(_), None) => return Err((501, "the body has a transfer coding other than `chunked`")),
        (Some(_), Some(_)) => return Err((400, "the body has a Content-Length and a transfer coding")),
    };
    let target = request.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let host = headers.one("host")?.ok_or((400, "the Host header is missing"))?;
    let connection = headers.one("connection")?.unwrap_or_default();
    let text = |name| headers.one(name).map(|value| value.unwrap_or_default().to_owned());
    let websocket = match headers.one("upgrade")? {
        Some(protocol) if protocol.eq_ignore_ascii_case("websocket") => Some(Upgrade {
            key: text("sec-websocket-key")?,
            version: text("sec-websocket-version")?,
            protocols: text("sec-websocket-protocol")?,
        }),
        _ => None,
    };
    let head = Head {
        websocket,
        method: request.method.unwrap_or_default().into(),
        path: path.into(),
        query: query.into(),
        host: without_port(host).into(),
        authority: host.into(),
        origin: headers.one("origin")?.map(Into::into),
        authorization: headers.one("authorization")?.map(Into::into),
        if_match: headers.one("if-match")?.map(Into::into),
        body,
        described: headers.described()?,
        closes: request.version == Some(0) || connection.to_ascii_lowercase().contains("close"),
        waits: headers.one("expect")?.is_some_and(|value| value.eq_ignore_ascii_case("100-continue")),
    };
    Ok(Some((head, length)))
}

struct Headers<'h, 'b>(&'h [Header<'b>]);

impl<'b> Headers<'_, 'b> {
    /// The value of a header that may occur once.
    fn one(&self, name: &str) -> Result<Option<&'b str>, Unfit> {
        let mut values = self.0.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let Some(header) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err((400, "a header occurs twice"));
        }
        text_of(header).map(Some)
    }

    fn described(&self) -> Result<Vec<(String, String)>, Unfit> {
        let described = self.0.iter().filter_map(|header| {
            let mut name = header.name.to_ascii_lowercase();
            if let (true, Some(own)) = (name.starts_with(PROPERTY), header.name.get(PROPERTY.len()..)) {
                // The name of a property is one in upper or lower case, as the client writes it.
                name = format!("{PROPERTY}{own}");
            }
            let is_one = name.starts_with("iothub-") || matches!(name.as_str(), "content-type" | "content-encoding");
            is_one.then_some((name, header))
        });
        described.map(|(name, header)| Ok((name, text_of(header)?.to_owned()))).collect()
    }
}

fn text_of<'b>(header: &Header<'b>) -> Result<&'b str, Unfit> {
    std::str::from_utf8(header.value).map(str::trim).map_err(|_| (400, "a header is not UTF-8"))
}

/// The method and the path at the beginning of a request that cannot be read, for the journal.
pub(crate) fn first_line(bytes: &[u8]) -> Option<String> {
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = std::str::from_utf8(line.get(..line.len().min(256))?).ok()?;
    let (method, rest) = line.split_once(' ')?;
    let path = rest.split([' ', '?']).next()?;
    let is_request = method.bytes().all(|byte| byte.is_ascii_uppercase()) && path.starts_with('/');
    is_request.then(|| format!("{method} {path}"))
}

fn length_of(text: &str) -> Result<usize, Unfit> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((400, "the Content-Length is not a number"));
    }
    text.parse().ok().filter(|length| *length <= BODY).ok_or((413, "the body is too long"))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // An IPv6 address ends with a bracket and has colons before it.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(Head, usize)>, Unfit> {
        parse(text.as_bytes())
    }

    #[test]
    fn heads_are_read() {
        let text = "PUT /a/b?x=1 HTTP/1.1\r\nHost: h:443\r\nauthorization: SharedAccessSignature sr=x \r\n\
                    Content-Length: 3\r\nConnection: Close\r\n\r\nabc";
        let (head, length) = read(text).unwrap().unwrap();
        assert_eq!(&text[length..], "abc");
        assert_eq!((head.method.as_str(), head.path.as_str(), head.query.as_str()), ("PUT", "/a/b", "x=1"));
        assert_eq!((head.host.as_str(), head.body, head.closes, head.waits), ("h", Body::Length(3), true, false));
        assert_eq!(head.authorization.as_deref(), Some("SharedAccessSignature sr=x"));
        assert_eq!(read(&text[..40]).unwrap(), None);
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
    }

    #[test]
    fn a_message_is_described_by_headers() {
        let text = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\nIoTHub-App-A: 1\r\nContent-Type: x/y\r\nA: b\r\n\r\n";
        let (head, _) = read(text).unwrap().unwrap();
        let described =
            [("iothub-app-A", "1"), ("content-type", "x/y")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!((head.body, head.described), (Body::Chunked, described.to_vec()));
    }

    #[test]
    fn the_first_line_of_an_unreadable_request_names_it() {
        assert_eq!(first_line(b"PUT /a?token=x HTTP/1.1\r\nX").as_deref(), Some("PUT /a"));
        for other in [&b"nonsense"[..], b"\x16\x03\x01 /", b"get /a", b"GET a", b"", b"\xff /"] {
            assert_eq!(first_line(other), None);
        }
    }

    #[test]
    fn malformed_requests_have_a_status() {
        let status = |text: &str| read(text).unwrap_err().0;
        let with = |header: &str| status(&format!("GET / HTTP/1.1\r\nHost: h\r\n{header}\r\n\r\n"));
        assert_eq!(status("nonsense\r\n\r\n"), 400);
        assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 400);
        assert_eq!(with("Host: h"), 400);
        assert_eq!(with("Content-Length: 1\r\nContent-Length: 2"), 400);
        assert_eq!(with("Content-Length: +1"), 400);
        assert_eq!(with("Content-Length: 262145"), 413);
        assert_eq!(with("Content-Length: 99999999999999999999999"), 413);
        assert_eq!(with("Transfer-Encoding: gzip"), 501);
        assert_eq!(with("Transfer-Encoding: chunked\r\nContent-Length: 3"), 400);
        assert_eq!(with(&"a: b\r\n".repeat(70)), 431);
        assert_eq!(with(&format!("a: {}", "b".repeat(HEAD))), 431);
        assert_eq!(status(&format!("GET /{}", "b".repeat(HEAD))), 431, "before its end");
    }
}
