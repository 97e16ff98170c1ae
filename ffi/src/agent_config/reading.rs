//! The files of an agent, and how what this build lacks is reported.

use crate::{failure::Failure, input::Path, opener::Access, view::View};
use alloc::vec::Vec;
use defender_auth::Plan;
#[cfg(feature = "agent")]
use defender_auth::agent::Loaded;

/// The plan of an agent's files, and the warnings about them.
#[cfg(feature = "agent")]
pub(super) fn read(path: &Path, passphrase: &str) -> Result<(Plan, Vec<View>), Failure> {
    use defender_auth::{
        agent::{self, Passphrase},
        secret::SecretText,
    };
    let passphrase = Some(passphrase).filter(|passphrase| !passphrase.is_empty());
    let passphrase = passphrase.map(|passphrase| Passphrase::new(SecretText::new(passphrase.into())));
    #[cfg(feature = "x509")]
    let loaded = agent::load_with_certificate(path, passphrase.as_ref())?;
    #[cfg(not(feature = "x509"))]
    let loaded = {
        // Nothing is encrypted that this build reads.
        drop(passphrase);
        agent::load(path)?
    };
    Ok(parts(loaded))
}

#[cfg(feature = "agent")]
fn parts(loaded: Loaded) -> (Plan, Vec<View>) {
    let findings = loaded.findings.iter().filter(|finding| finding.is_warning()).map(View::of);
    (loaded.plan, findings.collect())
}

#[cfg(not(feature = "agent"))]
pub(super) fn read(_path: &Path, _passphrase: &str) -> Result<(Plan, Vec<View>), Failure> {
    Err(Failure::unsupported("reading agent configurations (feature `agent`)"))
}

/// The same with keys that an opener opens.
#[cfg(all(feature = "agent", feature = "private-key"))]
pub(super) fn read_with(access: &Access, path: &Path) -> Result<(Plan, Vec<View>), Failure> {
    Ok(parts(defender_auth::agent::load_with_keys(path, &access.opener())?))
}

#[cfg(not(all(feature = "agent", feature = "private-key")))]
pub(super) fn read_with(_: &Access, path: &Path) -> Result<(Plan, Vec<View>), Failure> {
    read(path, "")
}

/// The plan of an agent without a key, or of an agent's files.
#[cfg(all(feature = "agent", feature = "local-signer"))]
pub(super) fn find(path: &Path) -> Result<(Plan, Vec<View>), Failure> {
    Ok(parts(defender_auth::agent::load_or_find(path, |name| std::env::var(name).ok())?))
}

#[cfg(not(all(feature = "agent", feature = "local-signer")))]
pub(super) fn find(_path: &Path) -> Result<(Plan, Vec<View>), Failure> {
    Err(Failure::unsupported("finding agents without a key (features `agent` and `local-signer`)"))
}
