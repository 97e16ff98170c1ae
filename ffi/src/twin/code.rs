//! Numbers of twins.

/// The security agent in C.
pub const DEFENDERAUTH_TWIN_AGENT_C: i32 = 1;
/// The security agent in C#.
pub const DEFENDERAUTH_TWIN_AGENT_CSHARP: i32 = 2;
/// The micro agent.
pub const DEFENDERAUTH_TWIN_AGENT_MICRO: i32 = 3;

/// A message that is not about a twin.
pub const DEFENDERAUTH_TWIN_MESSAGE_NONE: i32 = 0;
/// The hub's answer to a request: with status 200 the whole twin, for `_handle_twin`; with 204 an accepted report.
pub const DEFENDERAUTH_TWIN_MESSAGE_ANSWER: i32 = 1;
/// A patch of the desired properties, for `_handle_patch`.
pub const DEFENDERAUTH_TWIN_MESSAGE_PATCH: i32 = 2;
