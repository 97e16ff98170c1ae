//! The limits of the process.

/// Permits as many files as the system allows: each connection is one.
pub(super) fn raise() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // With the limit that there is, fewer clients can connect.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
