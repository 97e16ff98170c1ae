//! Bodies in chunks (RFC 9112, section 7.1).

use super::request::{BODY, Body, Unfit};
use httparse::Status;

/// The longest line of a trailer or of a chunk's length, in bytes.
const LINE: usize = 1024;

/// The longest body with all that frames it, in bytes: enough for chunks of one byte each.
const FRAMED: usize = 8 * BODY;

impl Body {
    /// The body at the beginning of `bytes` and its length there, or `None` while it is incomplete.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Unfit> {
        match self {
            Self::Length(length) => Ok(bytes.get(..length).map(|body| (body.to_vec(), length))),
            Self::Chunked => match decode(bytes)? {
                None if bytes.len() > FRAMED => Err((413, "the chunks of the body are too long")),
                read => Ok(read),
            },
        }
    }
}

/// Extensions and trailers are ignored.
fn decode(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Unfit> {
    let malformed = (400, "the body is not in chunks, as its transfer coding says");
    let (mut body, mut rest) = (Vec::new(), bytes);
    loop {
        let (head, length) = match httparse::parse_chunk_size(rest) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) if rest.len() <= LINE => return Ok(None),
            _ => return Err(malformed),
        };
        let length =
            usize::try_from(length).ok().filter(|length| body.len() + length.min(&BODY) <= BODY && *length <= BODY);
        let length = length.ok_or((413, "the body is too long"))?;
        rest = rest.get(head..).unwrap_or_default();
        if length == 0 {
            break;
        }
        let (Some(chunk), Some(end)) = (rest.get(..length), rest.get(length..length + 2)) else { return Ok(None) };
        if end != b"\r\n" {
            return Err(malformed);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(length + 2..).unwrap_or_default();
    }
    // The trailer ends with an empty line.
    loop {
        let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else {
            return if rest.len() <= LINE { Ok(None) } else { Err(malformed) };
        };
        rest = rest.get(end + 2..).unwrap_or_default();
        if end == 0 {
            return Ok(Some((body, bytes.len() - rest.len())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_once_all_have_come() {
        let text = b"4\r\nWiki\r\n5;a=b\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\nA: b\r\n\r\nnext";
        let whole = text.len() - 4;
        assert_eq!(decode(text), Ok(Some((b"Wikipedia in\r\n\r\nchunks.".to_vec(), whole))));
        for end in 0..whole {
            assert_eq!(decode(&text[..end]), Ok(None), "{end}");
        }
        assert_eq!(decode(b"0\r\n\r\n"), Ok(Some((Vec::new(), 5))));
    }

    #[test]
    fn malformed_and_endless_bodies_are_refused() {
        let status = |bytes: &[u8]| decode(bytes).unwrap_err().0;
        for text in [&b"x\r\n"[..], b"-1\r\n", b"3\r\nabcd\r\n", b"1 2\r\n", b"10000000000000000\r\n"] {
            assert_eq!(status(text), 400, "{text:?}");
        }
        assert_eq!(status(b"40001\r\n"), 413);
        assert_eq!(status(b"ffffffffffffffff\r\n"), 413);
        let two = [b"3ffff\r\n".to_vec(), vec![b'a'; 0x3ffff], b"\r\n2\r\naa\r\n0\r\n\r\n".to_vec()].concat();
        assert_eq!(status(&two), 413);
        assert_eq!(status(&[b"0\r\n".to_vec(), vec![b'a'; 2000]].concat()), 400);
    }

    #[test]
    fn what_frames_a_body_has_a_limit_too() {
        let smallest = [b"1\r\na\r\n".repeat(BODY), b"0\r\n\r\n".to_vec()].concat();
        assert_eq!(Body::Chunked.read(&smallest), Ok(Some((vec![b'a'; BODY], smallest.len()))));
        let extensions = [b"1;".to_vec(), vec![b'x'; 1000], b"\r\na\r\n".to_vec()].concat();
        let trailers = [b"0\r\n".to_vec(), b"A: b\r\n".repeat(FRAMED / 6)].concat();
        for endless in [extensions.repeat(FRAMED / 1000), trailers] {
            assert_eq!(Body::Chunked.read(&endless[..1000]), Ok(None));
            assert_eq!(Body::Chunked.read(&endless).unwrap_err().0, 413);
        }
    }
}
