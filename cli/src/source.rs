//! `FILE|DIR|-`

use defender_auth::{
    ConnectionString, Error,
    agent::{self, Loaded, Passphrase, TextFile},
    connection_string::ConnectionStringError,
    key::KEY_TEXT_LIMIT,
};
use std::{convert::Infallible, io, path::PathBuf, str::FromStr};

/// What standard input is called in errors.
const STDIN: &str = "standard input";

/// Where to read from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Stdin,
    Path(PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" { Self::Stdin } else { Self::Path(text.into()) })
    }
}

impl Source {
    /// The plan of an agent.
    pub(crate) fn load(&self, passphrase: Option<&Passphrase>) -> Result<Loaded, Error> {
        match self {
            Self::Stdin => agent::connection_string(&self.text()?),
            Self::Path(path) => agent::load_with_certificate(path, passphrase),
        }
    }

    /// The plan of an agent, or the text of a service connection string.
    pub(crate) fn load_or_service(&self, passphrase: Option<&Passphrase>) -> Result<Result<Loaded, TextFile>, Error> {
        let is_service =
            |error: &Error| matches!(error.inner(), Error::ConnectionString(ConnectionStringError::ServiceString));
        match self {
            Self::Stdin => {
                let text = self.text()?;
                match agent::connection_string(&text) {
                    Err(error) if is_service(&error) => Ok(Err(text)),
                    loaded => loaded.map(Ok),
                }
            }
            Self::Path(path) => match agent::load_with_certificate(path, passphrase) {
                Err(error) if is_service(&error) => self.text().map(Err),
                loaded => loaded.map(Ok),
            },
        }
    }

    /// The text of a connection string, whatever it says.
    pub(crate) fn text(&self) -> Result<TextFile, Error> {
        // One byte more than is read as a connection string, a mark and a line break: so that it is the connection
        // string that is too long, not the file.
        let limit = 2 * ConnectionString::LIMIT;
        match self {
            Self::Stdin => TextFile::from_reader(io::stdin().lock(), STDIN, limit),
            Self::Path(path) if path.is_dir() => TextFile::open(path.join(agent::CONNECTION_STRING), limit),
            Self::Path(path) => TextFile::open(path, limit),
        }
    }
}

/// A token on standard input.
pub(crate) fn token_from_stdin() -> Result<TextFile, Error> {
    TextFile::from_reader(io::stdin().lock(), STDIN, KEY_TEXT_LIMIT * 2)
}
