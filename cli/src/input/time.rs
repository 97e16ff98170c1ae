//! Times and lifetimes as arguments.

use crate::system::clock;
use defender_auth::UnixTime;
use std::time::Duration;

/// A point in time: seconds since 1970, or RFC 3339.
pub(crate) fn time(text: &str) -> Result<UnixTime, String> {
    let Ok(secs) = text.parse::<u64>() else {
        return text.parse().map_err(|_| "it must be a time like 2026-11-30T21:20:00Z, or seconds since 1970".into());
    };
    if secs > UnixTime::LATEST.as_secs() {
        return Err("it is after the year 9999; give seconds, not milliseconds".into());
    }
    Ok(UnixTime::from_secs(secs))
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(secs) = text.parse() {
        return Ok(Duration::from_secs(secs));
    }
    humantime::parse_duration(text).map_err(|_| "it must be a number with a unit: 90s, 15m, 1h, 1d".into())
}

/// A time limit.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    let limit = duration(text)?;
    if limit.is_zero() { Err("it must be more than nothing: 30s, 5m".into()) } else { Ok(limit) }
}

/// How long a new token is valid.
pub(crate) fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = duration(text)?;
    if lifetime < Duration::from_secs(1) {
        return Err("a token must be valid for at least one second".into());
    }
    if clock::now() + lifetime > UnixTime::LATEST {
        return Err("the token would expire after the year 9999; give a shorter time".into());
    }
    Ok(lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_unit() {
        assert_eq!(duration("3600"), Ok(Duration::from_secs(3600)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        assert!(duration("an hour").is_err());
        assert!(lifetime("0").is_err() && lifetime("500ms").is_err());
        assert!(lifetime("1000000000000").is_err());
        assert!(time("1700000000000").is_err(), "milliseconds");
        let expected = Ok(UnixTime::from_secs(1_700_000_000));
        for text in ["1700000000", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14T22:13:20.5Z"] {
            assert_eq!(time(text), expected, "{text}");
        }
        for wrong in ["", "-1", "soon", "2023-11-14", "2023-11-14T22:13:20", "1700000000.5"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
