//! The configuration files of the agents, read into a [`Plan`].
//!
//! | file | agent |
//! |---|---|
//! | a folder with `connection_string.txt` | the micro agent |
//! | `LocalConfiguration.json` and the key file that it names | the C security agent |
//! | `Authentication.config` and the key file that it names | the C# security agent |
//!
//! Every file must be a regular file of at most 64 KiB (a key: 4 KiB) in UTF-8. Observations such as a key file that other
//! users may read are returned with the plan as [`Finding`]s.
//!
//! ```no_run
//! let loaded = defender_auth::agent::load("/etc/defender_iot_micro_agent")?;
//! for finding in &loaded.findings {
//!     eprintln!("{finding}");
//! }
//! let me = loaded.plan.outcome();
//! # Ok::<_, defender_auth::Error>(())
//! ```

mod access;
mod c_agent;
#[cfg(feature = "x509")]
mod certificate_files;
mod csharp_agent;
mod finding;
mod passphrase;
mod proof;
mod settings;
mod subject;
mod text_file;

#[cfg(feature = "private-key")]
pub use certificate_files::certificate_with_key;
#[cfg(feature = "x509")]
pub use certificate_files::{
    CERTIFICATE, PRIVATE_KEY, certificate_files, chain_file, identity_file, is_pkcs12, name_findings, private_key_file,
};
pub use finding::{Finding, Observation};
pub use passphrase::Passphrase;

use access::Access;
use text_file::TextFile;

#[cfg(feature = "private-key")]
use crate::adapters::private_key::Opener;
#[cfg(feature = "local-signer")]
use crate::{
    adapters::local_signer,
    error::{FileError, FileProblem},
    flow::workload::Workload,
};
use crate::{
    connection_string::{self, ConnectionString},
    error::{ConfigError, Error},
    flow::plan::Plan,
    key::{KEY_TEXT_LIMIT, SharedAccessKey},
    twin::SecurityConfiguration,
};
#[cfg(feature = "x509")]
use crate::{credential::Credential, flow::outcome::Outcome};
#[cfg(feature = "local-signer")]
use alloc::string::String;
use alloc::{string::ToString as _, vec::Vec};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The largest configuration file that is read, in bytes.
const CONFIGURATION_LIMIT: usize = 64 * 1024;

/// The file with the micro agent's connection string.
pub const CONNECTION_STRING: &str = "connection_string.txt";
const LOCAL_CONFIGURATION: &str = "LocalConfiguration.json";
const AUTHENTICATION_CONFIG: &str = "Authentication.config";

/// A plan, and the findings about the files it was read from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The plan to run.
    pub plan: Plan,
    /// The findings.
    pub findings: Vec<Finding>,
    /// The configuration of a security agent whose module's twin has no desired properties. `None` for a connection
    /// string, which does not name its agent.
    pub defaults: Option<SecurityConfiguration>,
}

/// Reads an agent's folder, one of its configuration files, or a file with a connection string.
///
/// A micro agent's certificate is not read: when its connection string says `x509=true`, the plan's certificate is held
/// elsewhere. `load_with_certificate` (feature `x509`) reads it.
///
/// # Errors
/// Names the file, the setting or the byte in it, and the cure. What the agents' documentation forbids is rejected with
/// a quotation of it.
pub fn load(path: impl AsRef<Path>) -> Result<Loaded, Error> {
    read(path.as_ref(), Access::default()).map(|(loaded, _)| loaded)
}

/// The same with the micro agent's certificate and private key ([`CERTIFICATE`] and [`PRIVATE_KEY`] in the folder of its
/// connection string), and for an agent whose private key or .pfx may be encrypted. The agents' own files have no setting
/// for a passphrase, and it should not be stored beside the key. When neither of the micro agent's two files is there,
/// its certificate is held elsewhere.
///
/// With the features `private-key` and `tpm`, a key may be in a TPM (`TSS2 PRIVATE KEY`): in the default one, unless
/// `load_with_keys` is given another.
///
/// # Errors
/// As [`load`]; when one of the two files is missing; and when the passphrase does not decrypt the key. A passphrase that
/// is not needed is ignored.
#[cfg(feature = "x509")]
pub fn load_with_certificate(path: impl AsRef<Path>, passphrase: Option<&Passphrase>) -> Result<Loaded, Error> {
    load_by(path.as_ref(), access::by(passphrase))
}

/// The same with keys that are opened by the given opener: its passphrase, and the TPM of key files (`TSS2 PRIVATE KEY`) with
/// the password of its owner hierarchy.
///
/// # Errors
/// As [`load_with_certificate`]; and when the TPM cannot be reached or rejects the key.
#[cfg(feature = "private-key")]
pub fn load_with_keys(path: impl AsRef<Path>, opener: &Opener<'_>) -> Result<Loaded, Error> {
    load_by(path.as_ref(), *opener)
}

#[cfg(feature = "x509")]
fn load_by(path: &Path, access: Access<'_>) -> Result<Loaded, Error> {
    let (loaded, folder) = read(path, access)?;
    let Some(me) = loaded.plan.outcome().filter(|me| matches!(me.credential(), Credential::Certificate(_))) else {
        return Ok(loaded);
    };
    let found = certificate_files::of_micro_agent(&folder, me.identity().device_id(), access)?;
    let Some((certificate, found)) = found else { return Ok(loaded) };
    let plan = Plan::from(Outcome::new(me.identity().clone(), certificate));
    Ok(Loaded { plan, findings: loaded.findings.into_iter().chain(found).collect(), ..loaded })
}

/// The plan of an agent that need not own a key: of a module of IoT Edge by these variables (`|name| std::env::var(name).ok()`);
/// else of the files at a path, as [`load`] reads them; else, where none of them is there, of the identity service when it has
/// its socket on this host. The plan says which: [`Plan::known_workload`], [`Plan::known_identity_service`]. No daemon is asked.
///
/// # Errors
/// As [`load`]; and when a variable of the module is missing or not valid.
#[cfg(feature = "local-signer")]
pub fn load_or_find(path: impl AsRef<Path>, variable: impl Fn(&str) -> Option<String>) -> Result<Loaded, Error> {
    let found = |plan| Loaded { plan, findings: Vec::new(), defaults: None };
    if Workload::is_in(&variable) {
        return Workload::from_environment(variable).map(|workload| found(Plan::workload(workload)));
    }
    let loaded = load(path);
    match loaded.as_ref().map_err(Error::inner) {
        Err(
            Error::Config(ConfigError::NothingKnown) | Error::File(FileError { problem: FileProblem::NotFound, .. }),
        ) => local_signer::identity_service().map_or(loaded, |service| Ok(found(Plan::identity_service(service)))),
        _ => loaded,
    }
}

/// The content of the file, and its folder.
fn read(path: &Path, access: Access<'_>) -> Result<(Loaded, PathBuf), Error> {
    let file: PathBuf = if path.is_dir() { path.join(known_file(path)?) } else { path.into() };
    let text = TextFile::open(&file, CONFIGURATION_LIMIT)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let loaded = match file.extension().and_then(|extension| extension.to_str()) {
        Some(extension) if extension.eq_ignore_ascii_case("json") => c_agent::load(&text, folder, access),
        Some(extension) if ["config", "xml"].iter().any(|known| extension.eq_ignore_ascii_case(known)) => {
            csharp_agent::load(&text, folder, access)
        }
        _ => connection_string(&text),
    };
    Ok((loaded?, folder.into()))
}

fn connection_string(file: &TextFile) -> Result<Loaded, Error> {
    let (string, noticed) = ConnectionString::read(file.text()).map_err(|error| Error::from(error).at(file.place()))?;
    let findings = findings(file, string.credential().is_secret(), noticed);
    Ok(Loaded { plan: Plan::from(string), findings, defaults: None })
}

/// The findings about a file, beginning with the permission to read a secret in it.
fn findings(
    file: &TextFile,
    is_secret: bool,
    noticed: impl IntoIterator<Item = connection_string::Finding>,
) -> Vec<Finding> {
    let open = is_secret.then(|| file.readable_by_others()).flatten();
    let noticed = noticed.into_iter().map(|finding| Finding::new(file.place(), Observation::Text(finding)));
    open.into_iter().chain(noticed).collect()
}

/// The key in a key file.
///
/// # Errors
/// Names the file and the cure.
pub fn key_file(path: impl AsRef<Path>) -> Result<(SharedAccessKey, Vec<Finding>), Error> {
    let file = TextFile::open(path.as_ref(), KEY_TEXT_LIMIT)?;
    let text = file.text_without_mark();
    let key = SharedAccessKey::from_base64(text).map_err(|error| Error::from(error).at(file.place()))?;
    let noticed = connection_string::Finding::of_key(text, &key);
    let findings = findings(&file, true, noticed);
    Ok((key, findings))
}

/// The bytes of a file of root certificates in PEM, for [`Roots::Pem`](crate::tls::Roots::Pem).
///
/// # Errors
/// When the file cannot be read, or is longer than [`ROOTS_LIMIT`](crate::tls::ROOTS_LIMIT).
#[cfg(feature = "tls")]
pub fn roots_file(path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    let (bytes, _) = text_file::bytes(path.as_ref(), crate::adapters::tls::ROOTS_LIMIT)?;
    Ok(bytes.expose().to_vec())
}

/// The one configuration file in a folder.
fn known_file(folder: &Path) -> Result<&'static str, Error> {
    let known = [CONNECTION_STRING, LOCAL_CONFIGURATION, AUTHENTICATION_CONFIG];
    let mut present = known.into_iter().filter(|name| fs::symlink_metadata(folder.join(name)).is_ok());
    let error = match (present.next(), present.next()) {
        (Some(only), None) => return Ok(only),
        (Some(first), Some(second)) => ConfigError::Ambiguous { first, second },
        (None, _) => ConfigError::NothingKnown,
    };
    Err(Error::from(error).at(folder.display().to_string()))
}
