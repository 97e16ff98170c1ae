//! Options of an authenticator.
