//! The daemons of a host, beside an emulator that has its hub.

use super::{
    certificates,
    edge::Edge,
    handle::Handles,
    host::Host,
    identity,
    key_pair::KeyPair,
    keys,
    socket::{Daemon, Socket},
    state::{GENERATION, State},
    workload,
};
use crate::{config::Module, server::Emulator, service::Shared, tpm::random};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why the daemons of a host cannot be emulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The hub or the device is not one of the emulator's.
    #[error("the emulator has no device {device} at {hub}; add it first")]
    UnknownDevice {
        /// The hub.
        hub: String,
        /// The device.
        device: String,
    },
    /// A socket cannot be opened.
    #[error("cannot listen at {}: {error}; give an empty folder with a short path", path.display())]
    Listen {
        /// Its path.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
    /// A private key cannot be read.
    #[error("the private key {id} of keyd is not PKCS#8 in PEM, on P-256 or RSA; give such a key")]
    KeyPair {
        /// Its ID.
        id: String,
    },
    /// The certificate authority fails.
    #[error("the certificate authority fails: {0}")]
    Authority(String),
    /// The system has no random bytes.
    #[error("the system has no random bytes")]
    NoRandomness,
}

/// The daemons of a host, while it runs. When it is dropped, they stop and their sockets are removed.
pub struct RunningHost {
    folder: PathBuf,
    state: Arc<State>,
    _sockets: Vec<Socket>,
}

impl Emulator {
    /// Runs the daemons of a host with sockets in this folder: `identityd.sock`, `keyd.sock` and `certd.sock`, and in its
    /// folder `mnt` one for each module. Like the real one, identityd creates the modules of its principals where the hub has
    /// none.
    ///
    /// # Errors
    /// When the emulator has no such device, and when a socket cannot be opened.
    pub fn host(&self, folder: impl AsRef<Path>, host: Host) -> Result<RunningHost, HostError> {
        let folder = folder.as_ref();
        ensure_modules(&self.shared, &host)?;
        let handles = Handles::new().ok_or(HostError::NoRandomness)?;
        let modules = host.modules.clone();
        let mut pairs = Vec::new();
        for (id, pem) in &host.pairs {
            let pair = KeyPair::from_pem(pem).ok_or_else(|| HostError::KeyPair { id: id.clone() })?;
            pairs.push((id.clone(), pair));
        }
        let edge = self.edge(&host.device).map_err(HostError::Authority)?;
        let state =
            Arc::new(State::new(Arc::clone(&self.shared), self.root_pem().into(), host, handles, Edge::new(edge)));
        for (id, pair) in pairs {
            state.add_pair(&id, pair);
        }
        let failed = |path: &Path, error| HostError::Listen { path: path.into(), error };
        let mnt = folder.join("mnt");
        fs::create_dir_all(&mnt).map_err(|error| failed(&mnt, error))?;
        let mut sockets = Vec::new();
        for (name, daemon) in [
            ("identityd", (|state, _, asked| identity::answer(state, asked)) as Daemon),
            ("keyd", |state, _, asked| keys::answer(state, asked)),
            ("certd", |state, _, asked| certificates::answer(state, asked)),
        ] {
            let path = folder.join(format!("{name}.sock"));
            sockets.push(Socket::open(&path, &state, daemon, "").map_err(|error| failed(&path, error))?);
        }
        for module in modules {
            let path = mnt.join(format!("{module}.sock"));
            let opened = Socket::open(&path, &state, workload::answer, &module);
            sockets.push(opened.map_err(|error| failed(&path, error))?);
        }
        Ok(RunningHost { folder: folder.into(), state, _sockets: sockets })
    }
}

/// Creates the modules of principals and of IoT Edge that the hub does not have.
fn ensure_modules(emulator: &Shared, host: &Host) -> Result<(), HostError> {
    let unknown = || HostError::UnknownDevice { hub: host.hub.clone(), device: host.device.clone() };
    for module in host.principals.iter().map(|(_, module)| module).chain(&host.modules) {
        let mut state = emulator.state();
        let device = state.device_mut(&host.hub, &host.device).ok_or_else(unknown)?;
        if device.find(module).is_none() {
            let key = random::<32>().map_err(|_| HostError::NoRandomness)?;
            device.modules.push(Module::new(module, &data_encoding::BASE64.encode(&key)));
        }
    }
    Ok(())
}

impl RunningHost {
    /// The folder of the sockets.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The environment of a module, as its runtime sets it.
    #[must_use]
    pub fn environment(&self, module: &str) -> Vec<(&'static str, String)> {
        let host = self.state.host();
        let socket = self.folder.join("mnt").join(format!("{module}.sock"));
        let gateway = host.gateway.clone().map(|gateway| ("IOTEDGE_GATEWAYHOSTNAME", gateway));
        [
            ("IOTEDGE_WORKLOADURI", format!("unix://{}", socket.display())),
            ("IOTEDGE_MODULEID", module.into()),
            ("IOTEDGE_MODULEGENERATIONID", GENERATION.into()),
            ("IOTEDGE_DEVICEID", host.device.clone()),
            ("IOTEDGE_IOTHUBHOSTNAME", host.hub.clone()),
            ("IOTEDGE_AUTHSCHEME", "sasToken".into()),
            ("IOTEDGE_APIVERSION", "2022-08-03".into()),
        ]
        .into_iter()
        .chain(gateway)
        .collect()
    }

    /// Provisions the device again: no handle is valid from now on.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn reprovision(&self) -> Result<(), HostError> {
        *self.state.handles() = Handles::new().ok_or(HostError::NoRandomness)?;
        Ok(())
    }

    /// Puts another private key under this ID of `keyd`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn replace_key_pair(&self, id: &str, pem: &str) -> Result<(), HostError> {
        let pair = KeyPair::from_pem(pem).ok_or_else(|| HostError::KeyPair { id: id.into() })?;
        self.state.add_pair(id, pair);
        Ok(())
    }

    /// Provisions the device again as this one, with the same modules.
    ///
    /// # Errors
    /// When the emulator has no such device for its modules, and when the system has no random bytes.
    pub fn move_to(&self, hub: &str, device: &str) -> Result<(), HostError> {
        let mut host = self.state.host();
        (host.hub, host.device) = (hub.into(), device.into());
        ensure_modules(&self.state.emulator, &host)?;
        drop(host);
        self.reprovision()
    }
}

impl fmt::Debug for RunningHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningHost").field("folder", &self.folder).finish_non_exhaustive()
    }
}
