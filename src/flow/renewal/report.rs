use crate::base::time::UnixTime;
use alloc::{format, string::String};

/// What a device reports in its twin about the certificate that it connects with. It is sent to `twin::report_topic` when that
/// certificate is another one than reported.
///
/// ```
/// use defender_auth::renewal::certificate_report;
///
/// let report = certificate_report("2026-03-01T00:00:00Z".parse()?, "2026-03-31T00:00:00Z".parse()?);
/// assert_eq!(report, r#"{"certificate":{"validFrom":"2026-03-01T00:00:00Z","validUntil":"2026-03-31T00:00:00Z"}}"#);
/// # Ok::<_, defender_auth::TimeError>(())
/// ```
#[must_use]
pub fn certificate_report(not_before: UnixTime, not_after: UnixTime) -> String {
    // A time is digits and punctuation, none of which JSON escapes.
    format!(r#"{{"certificate":{{"validFrom":"{not_before}","validUntil":"{not_after}"}}}}"#)
}
