//! `FILE|DIR|-`: what an agent has, or a connection string.

use super::{finding::Finding, source::Source, text_file::TextFile};
use defender_auth::{
    ConnectionString, Error, Plan, agent,
    connection_string::{ConnectionStringError, ServiceConnectionString},
    private_key::Opener,
    twin::SecurityConfiguration,
};

/// What to enter on a terminal.
const EXPECTED: &str = "a connection string";

/// The plan of an agent, and what was noticed while it was made.
pub(crate) struct Loaded {
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
    /// A security agent's configuration while its module's twin desires nothing else. `None` for a connection string,
    /// which does not name its agent.
    pub(crate) defaults: Option<SecurityConfiguration>,
}

impl From<agent::Loaded> for Loaded {
    fn from(loaded: agent::Loaded) -> Self {
        let findings = loaded.findings.into_iter().map(Finding::from).collect();
        Self { plan: loaded.plan, findings, defaults: loaded.defaults }
    }
}

/// A service connection string, and what was noticed in it.
pub(crate) struct LoadedService {
    pub(crate) string: ServiceConnectionString,
    pub(crate) findings: Vec<Finding>,
}

/// An agent, or a service connection string.
pub(crate) enum AgentOrService {
    Agent(Box<Loaded>),
    Service(Box<LoadedService>),
}

impl AgentOrService {
    /// Of a text that was read already.
    pub(crate) fn of_text(file: &TextFile) -> Result<Self, Error> {
        match of_text(file) {
            Err(error) if is_service(&error) => service(file).map(Box::new).map(Self::Service),
            loaded => loaded.map(Box::new).map(Self::Agent),
        }
    }
}

impl Source {
    /// The plan of an agent.
    pub(crate) fn load(&self, opener: &Opener<'_>) -> Result<Loaded, Error> {
        match self {
            Self::Stdin => of_text(&self.connection_string()?),
            Self::Path(path) => {
                let loaded = agent::load_with_keys(path, opener)?;
                Ok(loaded.into())
            }
        }
    }

    /// The same without a micro agent's certificate, which is given apart.
    pub(crate) fn load_without_certificate(&self) -> Result<Loaded, Error> {
        match self {
            Self::Stdin => of_text(&self.connection_string()?),
            Self::Path(path) => Ok(agent::load(path)?.into()),
        }
    }

    /// The plan of an agent, or a service connection string.
    pub(crate) fn load_or_service(&self, opener: &Opener<'_>) -> Result<AgentOrService, Error> {
        match self {
            Self::Stdin => AgentOrService::of_text(&self.connection_string()?),
            Self::Path(_) => match self.load(opener) {
                Err(error) if is_service(&error) => self.load_service().map(Box::new).map(AgentOrService::Service),
                loaded => loaded.map(Box::new).map(AgentOrService::Agent),
            },
        }
    }

    /// A service connection string.
    pub(crate) fn load_service(&self) -> Result<LoadedService, Error> {
        service(&self.connection_string()?)
    }

    /// The text of a connection string of any kind.
    fn connection_string(&self) -> Result<TextFile, Error> {
        // More than a connection string's limit, a byte order mark and a line break: an error then names the
        // connection string as too long, not the file.
        let limit = 2 * ConnectionString::LIMIT;
        match self {
            Self::Path(path) if path.is_dir() => TextFile::open(&path.join(agent::CONNECTION_STRING), limit),
            source => source.text(EXPECTED, limit),
        }
    }
}

fn is_service(error: &Error) -> bool {
    matches!(error.inner(), Error::ConnectionString(ConnectionStringError::ServiceString))
}

fn of_text(file: &TextFile) -> Result<Loaded, Error> {
    let (string, noticed) = ConnectionString::read(file.text()).map_err(|error| Error::from(error).at(file.place()))?;
    let open = string.credential().is_secret().then(|| file.readable_by_others()).flatten();
    let noticed = noticed.into_iter().map(|finding| Finding::in_text(file.place(), finding));
    Ok(Loaded { findings: open.into_iter().chain(noticed).collect(), plan: Plan::from(string), defaults: None })
}

fn service(file: &TextFile) -> Result<LoadedService, Error> {
    let string = ServiceConnectionString::read(file.text());
    let (string, noticed) = string.map_err(|error| Error::from(error).at(file.place()))?;
    let noticed = noticed.into_iter().map(|finding| Finding::in_text(file.place(), finding));
    Ok(LoadedService { string, findings: file.readable_by_others().into_iter().chain(noticed).collect() })
}
