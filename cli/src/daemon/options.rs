//! Arguments of a command that can have a daemon sign.

use crate::terminal::failure::Failure;
use clap::Args;
use defender_auth::{
    identity_service::IdentityService,
    local::EndpointError,
    local_signer::{Client, Signer},
    workload::Workload,
};
use std::{env, time::Duration};

/// How long a question to a daemon may take, with its repetitions. A person waits for the answer.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

#[derive(Args)]
pub(crate) struct OnDevice {
    /// Authenticate as the module of IoT Edge that this process is: by the variables IOTEDGE_*, and signed by the workload
    /// API
    #[arg(long)]
    workload: bool,
    // Windows has no such service, and its sockets are not supported there.
    /// Authenticate as what the identity service of this host says that this user is, and signed by it; DIR is the folder
    /// of its sockets [default: /run/aziot]
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "/run/aziot",
        hide = cfg!(windows)
    )]
    identity_service: Option<String>,
}

impl OnDevice {
    /// Whether a daemon is to sign.
    pub(crate) const fn is_given(&self) -> bool {
        self.workload || self.identity_service.is_some()
    }

    /// The identity service, if it is to be asked.
    pub(crate) fn service(&self) -> Result<Option<IdentityService>, Failure> {
        let service = self.identity_service.as_deref().map(IdentityService::in_folder).transpose();
        service.map_err(|error: EndpointError| Failure::Call(format!("--identity-service: {error}")))
    }

    /// The daemon that signs, if one does. The identity service is asked for the identity.
    pub(crate) fn signer(&self) -> Result<Option<Signer>, Failure> {
        let client = Client::default().give_up_after(LIMIT);
        if self.workload {
            let workload = Workload::from_environment(|name| env::var(name).ok())?;
            return Ok(Some(Signer::workload(workload).with_client(client)));
        }
        Ok(self.service()?.map(|service| Signer::identity_service_by(service, client)).transpose()?)
    }
}
