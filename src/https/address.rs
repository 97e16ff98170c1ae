use crate::identity::HostName;
use alloc::vec::Vec;
use std::net::SocketAddr;
use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Other addresses for some hosts. Their names are verified all the same.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    given: Vec<(HostName, SocketAddr)>,
    others: DefaultResolver,
}

impl Addresses {
    pub(super) fn new(given: Vec<(HostName, SocketAddr)>) -> Self {
        Self { given, others: DefaultResolver::default() }
    }
}

impl Resolver for Addresses {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default();
        match self.given.iter().find(|(name, _)| name.as_str().eq_ignore_ascii_case(host)) {
            Some((_, address)) => {
                let mut found = self.empty();
                found.push(*address);
                Ok(found)
            }
            None => self.others.resolve(uri, config, timeout),
        }
    }
}
