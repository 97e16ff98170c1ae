//! The topics of renewals.

/// What the topics of renewals begin with.
pub(super) const PREFIX: &str = "$iothub/credentials/";

/// The path of a request's topic.
pub(super) const REQUEST: &str = "$iothub/credentials/POST/issueCertificate";

/// The subscription for the answers.
pub(super) const ANSWERS: &str = "$iothub/credentials/res/#";

/// Where a `$version` stands in the topic of an answer.
#[derive(Clone, Copy, Default)]
pub(super) enum Placed {
    #[default]
    Nowhere,
    First,
    Last,
}

/// The topic of an answer.
pub(super) fn answer(status: u16, rid: &str, version: Placed) -> String {
    match version {
        Placed::Nowhere => format!("{PREFIX}res/{status}/?$rid={rid}"),
        Placed::First => format!("{PREFIX}res/{status}/?$version=1&$rid={rid}"),
        Placed::Last => format!("{PREFIX}res/{status}/?$rid={rid}&$version=1"),
    }
}
