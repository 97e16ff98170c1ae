//! The time of this release, the floor of every clock.

use super::time::UnixTime;

impl UnixTime {
    /// When this release was prepared. A correct clock is not before it; a certificate that expired before it has expired
    /// by every correct clock.
    ///
    /// It is a constant of the source, so that a build can be reproduced from the published package alone.
    pub const RELEASE: Self = Self::from_secs(1_795_996_800);

    /// The version that [`RELEASE`](Self::RELEASE) was set for, so that a new version sets it again.
    #[cfg(test)]
    const RELEASED: &'static str = "0.2.0";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_time_of_the_release_belongs_to_this_version() {
        assert_eq!(UnixTime::RELEASED, env!("CARGO_PKG_VERSION"), "set UnixTime::RELEASE, then this version");
    }

    #[test]
    fn no_version_of_the_changelog_is_later_than_the_release() {
        let text = include_str!("../../CHANGELOG.md");
        let heads = text.lines().filter_map(|line| line.strip_prefix("## "));
        let date = |word: &str| format!("{word}T00:00:00Z").parse::<UnixTime>().ok();
        let dates = heads.flat_map(|head| head.split([' ', '(', ')', ',']).filter_map(date));
        assert!(dates.max() <= Some(UnixTime::RELEASE));
    }
}
