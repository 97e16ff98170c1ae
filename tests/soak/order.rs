//! What the services' process is told, one line of JSON each, and what it says to that.

use defender_auth_emulator::{Emulator, Fault, Operation};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, time::Duration};

/// How the services' process is to be reached.
#[derive(Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) mqtt: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) root_pem: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Order {
    RotateDevice {
        hub: String,
        device: String,
        keys: [String; 2],
    },
    RotateModule {
        hub: String,
        device: String,
        module: String,
        keys: [String; 2],
    },
    Move {
        enrollment: String,
        hub: String,
    },
    /// The device itself is taken to another hub.
    MoveDevice {
        hub: String,
        device: String,
        to: String,
    },
    /// Every connection ends.
    DisconnectAll,
    Disable {
        enrollment: String,
    },
    Enable {
        enrollment: String,
    },
    /// So many seconds ahead of the system's clock.
    Clock(i64),
    Fault(Planned),
    /// Faults that have not come do not come.
    Forget,
    /// The latest entries of the journal.
    Journal(usize),
    /// A new journal, so that its length is no growth.
    ClearJournal,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Reply {
    Done,
    /// So many faults had not come.
    Forgotten(u32),
    Journal(Vec<String>),
    Failed(String),
}

/// A fault for the next requests of a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) trouble: Trouble,
    pub(crate) at: At,
    pub(crate) times: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum At {
    Register,
    Poll,
    Read,
    Connect,
    Handshake,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Trouble {
    Status(u16),
    StatusRetryAfter(u16, u32),
    Redirect,
    Half,
    Oversized,
    Html,
    Reset,
    Late(Duration),
    /// Later than an impatient client waits.
    TooLate,
    Connack(u8),
    PlainText,
    Expired,
    WrongHost,
    Untrusted,
}

/// Later than that.
const TOO_LATE: Duration = Duration::from_millis(300);

impl Order {
    pub(crate) fn carry_out(self, cloud: &Emulator) -> Reply {
        let done = match self {
            Self::RotateDevice { hub, device, keys: [primary, secondary] } => {
                cloud.rotate_device_keys(&hub, &device, &primary, &secondary)
            }
            Self::RotateModule { hub, device, module, keys: [primary, secondary] } => {
                cloud.rotate_module_keys(&hub, &device, &module, &primary, &secondary)
            }
            Self::Move { enrollment, hub } => cloud.move_enrollment(&enrollment, &hub),
            Self::MoveDevice { hub, device, to } => cloud.move_device(&hub, &device, &to),
            Self::DisconnectAll => {
                let _ = cloud.disconnect_all();
                Ok(())
            }
            Self::Disable { enrollment } => cloud.disable_enrollment(&enrollment),
            Self::Enable { enrollment } => cloud.enable_enrollment(&enrollment),
            Self::Clock(seconds) => {
                cloud.clock_offset(seconds);
                Ok(())
            }
            Self::Fault(Planned { trouble, at, times }) => {
                cloud.fault(at.into(), trouble.into(), times);
                Ok(())
            }
            Self::Forget => return Reply::Forgotten(cloud.forget_faults()),
            Self::Journal(count) => {
                return Reply::Journal(cloud.journal().latest(count).iter().map(ToString::to_string).collect());
            }
            Self::ClearJournal => {
                cloud.journal().clear();
                Ok(())
            }
        };
        done.map_or_else(|error| Reply::Failed(error.to_string()), |()| Reply::Done)
    }
}

impl From<At> for Operation {
    fn from(at: At) -> Self {
        match at {
            At::Register => Self::Register,
            At::Poll => Self::RegistrationStatus,
            At::Read => Self::ReadModule,
            At::Connect => Self::Connect,
            At::Handshake => Self::MqttHandshake,
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Status(status) => Self::Status(status),
            Trouble::StatusRetryAfter(status, seconds) => Self::Status(status).retry_after(&seconds.to_string()),
            Trouble::Redirect => Self::Redirect("https://fabrikam.azure-devices.net/".into()),
            Trouble::Half => Self::Truncated,
            Trouble::Oversized => Self::Oversized,
            Trouble::Html => Self::WrongContentType,
            Trouble::Reset => Self::ResetMidBody,
            Trouble::Late(time) => Self::Stall(time),
            Trouble::TooLate => Self::Stall(TOO_LATE),
            Trouble::Connack(code) => Self::Connack(code),
            Trouble::PlainText => Self::PlainText,
            Trouble::Expired => Self::ServerCertificateExpired,
            Trouble::WrongHost => Self::ServerCertificateWrongHost,
            Trouble::Untrusted => Self::ServerCertificateUntrusted,
        }
    }
}
