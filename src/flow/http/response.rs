use crate::{base::time::UnixTime, flow::retry::RetryAfter};
use core::{fmt, time::Duration};

/// The longest body of an answer that is read, in bytes. A client stops reading there.
pub const BODY_LIMIT: usize = 64 * 1024;

/// An answer: a status, a body, and the two headers that matter.
#[derive(Clone, Copy)]
#[must_use]
pub struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) retry_after: Option<RetryAfter>,
    pub(crate) date: Option<UnixTime>,
}

impl<'a> Response<'a> {
    /// Status and body. A body of more than [`BODY_LIMIT`] bytes is rejected, so stop reading there.
    pub const fn new(status: u16, body: &'a [u8]) -> Self {
        Self { status, body, retry_after: None, date: None }
    }

    /// Takes headers, all that came: `Retry-After` and `Date` are kept.
    ///
    /// ```
    /// use defender_auth::http::Response;
    ///
    /// let came = [("Retry-After", "3"), ("Server", "nginx"), ("Date", "Tue, 14 Nov 2023 22:13:20 GMT")];
    /// let response = Response::new(429, b"").with_headers(came);
    /// assert_eq!(response.date().map(|date| date.as_secs()), Some(1_700_000_000));
    /// ```
    pub fn with_headers<N: AsRef<str>, V: AsRef<str>>(self, headers: impl IntoIterator<Item = (N, V)>) -> Self {
        headers.into_iter().fold(self, |this, (name, value)| this.header(name.as_ref(), value.as_ref()))
    }

    /// Takes one header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("retry-after") {
            self.retry_after = RetryAfter::parse(value);
        } else if name.eq_ignore_ascii_case("date") {
            self.date = UnixTime::from_http_date(value);
        }
        self
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The service's time, of the header `Date`.
    #[must_use]
    pub const fn date(&self) -> Option<UnixTime> {
        self.date
    }

    /// How long the service asks to wait. A date is read against the service's own clock, if that is known.
    pub(crate) fn asked_wait(&self, wall: UnixTime) -> Option<Duration> {
        self.retry_after.map(|after| after.wait(self.date.unwrap_or(wall)))
    }
}

/// A body may hold keys.
impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes, ..)", self.status, self.body.len())
    }
}
