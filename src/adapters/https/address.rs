use crate::{adapters::open_files, identity::HostName};
use alloc::{string::String, vec::Vec};
use std::net::{SocketAddr, ToSocketAddrs as _};
use ureq::{
    Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// The number of a host's addresses that are tried.
const MOST: usize = 16;

/// Other addresses for some hosts, or for all. The hosts' names are verified nevertheless.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    pub(super) given: Vec<(HostName, SocketAddr)>,
    /// Where every connection goes.
    pub(super) only: Option<(String, u16)>,
}

impl Addresses {
    /// Whether there are any; no proxy is used then.
    pub(super) const fn are_given(&self) -> bool {
        self.only.is_some() || !self.given.is_empty()
    }
}

impl Resolver for Addresses {
    fn resolve(&self, uri: &Uri, config: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut found = self.empty();
        if let Some((host, port)) = &self.only {
            let looked_up = (host.as_str(), *port).to_socket_addrs().map_err(open_files::or_too_many)?;
            looked_up.take(MOST).for_each(|address| found.push(address));
            return if found.is_empty() { Err(Error::HostNotFound) } else { Ok(found) };
        }
        let host = uri.host().unwrap_or_default();
        match self.given.iter().find(|(name, _)| name.as_str().eq_ignore_ascii_case(host)) {
            Some((_, address)) => {
                found.push(*address);
                Ok(found)
            }
            // With a time limit it would start a thread that outlives the call.
            None => {
                DefaultResolver::default().resolve(uri, config, NextTimeout::default()).map_err(|error| match error {
                    Error::Io(error) => Error::Io(open_files::or_too_many(error)),
                    other => other,
                })
            }
        }
    }
}
