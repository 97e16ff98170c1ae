//! The modules that this process has loaded. Each is loaded and initialized once, and stays for the life of the process:
//! other code of the process may use it too.

use crate::{cause::Cause, error::Error, process};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::RvError,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard},
};

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

pub(crate) struct Module {
    path: PathBuf,
    pkcs11: Pkcs11,
    /// Locked for writing while the module is initialized anew, when no function of it may run.
    state: RwLock<State>,
}

struct State {
    /// How often it was initialized anew. Sessions and objects of an earlier generation are gone, and their numbers may
    /// belong to others.
    generation: u64,
    /// Whether it was initialized here, and not by other code of this process.
    is_ours: bool,
}

/// While it lives, the module is not initialized anew.
pub(crate) struct InUse<'a> {
    pub(crate) pkcs11: &'a Pkcs11,
    state: RwLockReadGuard<'a, State>,
}

impl InUse<'_> {
    pub(crate) fn generation(&self) -> u64 {
        self.state.generation
    }
}

impl Module {
    /// Loads and initializes a module, unless that was done before.
    pub(crate) fn load(path: &Path) -> Result<Arc<Self>, Error> {
        process::is_the_owner()?;
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(path) {
            return Ok(Arc::clone(module));
        }
        let path = path.to_owned();
        let pkcs11 = match Pkcs11::new(&path) {
            Ok(pkcs11) => pkcs11,
            Err(cryptoki::error::Error::LibraryLoading(error)) => {
                // What the loader says may have several lines.
                let reason = error.to_string().replace(char::is_control, " ");
                return Err(Error::NotLoaded { path, reason });
            }
            Err(cryptoki::error::Error::MissingSymbol(_)) => return Err(Error::NotAModule { path }),
            Err(error) => return Err(Error::Module { module: path, cause: error.into() }),
        };
        let is_ours = initialize(&path, &pkcs11)?;
        let module = Self { path: path.clone(), pkcs11, state: RwLock::new(State { generation: 0, is_ours }) };
        Ok(Arc::clone(modules.entry(path).or_insert(Arc::new(module))))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn enter(&self) -> Result<InUse<'_>, Error> {
        process::is_the_owner()?;
        Ok(InUse { pkcs11: &self.pkcs11, state: self.state.read().unwrap_or_else(PoisonError::into_inner) })
    }

    /// The error for a function that failed.
    pub(crate) fn failed(&self, error: cryptoki::error::Error) -> Error {
        Error::Module { module: self.path.clone(), cause: error.into() }
    }

    /// Initializes the module anew, because tokens that were away are not seen again by all modules otherwise. Only if it
    /// was initialized here, or by nobody any more; and if no other thread did so since that generation.
    pub(crate) fn restart(&self, generation: u64) -> Result<(), Error> {
        process::is_the_owner()?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.generation != generation {
            return Ok(());
        }
        if state.is_ours {
            match self.pkcs11.clone().finalize().map_err(Cause::from) {
                Err(cause) if !matches!(cause.value(), Some(RvError::CryptokiNotInitialized)) => {
                    return Err(Error::Module { module: self.path.clone(), cause });
                }
                _ => {}
            }
        }
        if initialize(&self.path, &self.pkcs11)? {
            state.is_ours = true;
            state.generation += 1;
        }
        Ok(())
    }
}

/// Whether this call did it, and not other code of the process before.
fn initialize(path: &Path, pkcs11: &Pkcs11) -> Result<bool, Error> {
    let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
    match pkcs11.initialize(arguments).map_err(Cause::from) {
        Ok(()) => Ok(true),
        Err(cause) if matches!(cause.value(), Some(RvError::CryptokiAlreadyInitialized)) => Ok(false),
        Err(cause) => Err(Error::Module { module: path.to_owned(), cause }),
    }
}
