//! The states. Each owns its data, and what follows when it ends is part of it.

use super::{
    action::{Action, Due},
    diagnosis::Diagnosis,
    login::Login,
    operational::RequestFor,
    snapshot::Snapshot,
    status::Phase,
    window::Window,
};
use crate::{
    credential::IssuedChain,
    flow::{authenticator::Authenticator, plan::Plan, renewal::Renewal},
    key::KeyUse,
    sas::StringToSign,
};
use alloc::{boxed::Box, vec::Vec};
use core::time::Duration;

#[derive(Debug)]
pub(super) enum State {
    Authenticating {
        running: Box<Running>,
        round: Box<Round>,
    },
    Signing {
        string_to_sign: StringToSign,
        pass: Pass,
    },
    Connecting {
        login: Box<Login>,
        pass: Pass,
    },
    Connected {
        standing: Standing,
        since: Duration,
        due: Option<(Window, Due)>,
    },
    Waiting {
        window: Window,
        not_before: Duration,
        why: Diagnosis,
        then: Then,
    },
    Saving {
        snapshot: Box<Snapshot>,
        then: Then,
    },
    Disconnecting {
        why: Diagnosis,
        then: Then,
    },
    /// A request for a certificate is being made.
    Requesting {
        wanted: Box<RequestFor>,
        purpose: Purpose,
    },
    /// A certificate is being renewed over the connection. So many connections of this renewal were lost.
    Renewing {
        renewal: Box<Renewal>,
        drops: u8,
        standing: Standing,
    },
    /// An issued certificate is being kept.
    Keeping {
        chain: IssuedChain,
        then: Then,
    },
}

/// What a request for a certificate is sent by.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The registration that is the current run.
    Register(Box<Round>),
    /// A renewal over the connection that stands.
    Renew(Standing),
}

/// What follows a wait, a save or a disconnect.
#[derive(Debug)]
pub(super) enum Then {
    /// The candidates from there.
    Try(Pass),
    /// The next run of that round, as far as the rates allow it.
    Authenticate(Box<Round>),
    /// That run, for which the rate was charged.
    Run(Box<Round>),
    /// The connection, which stands.
    Stay(Standing),
    /// The request for the next certificate, over the connection that stands.
    Request(Standing),
    /// The loss of the connection, which ended while the state was being saved.
    Lost(Pass),
}

impl Then {
    /// The same without the connection, which has ended meanwhile.
    pub(super) fn lost(self) -> Self {
        match self {
            Self::Stay(standing) | Self::Request(standing) => Self::Lost(standing.lost()),
            Self::Try(pass) => Self::Try(Pass { renewing: false, ..pass }),
            then => then,
        }
    }
}

/// One pass over the candidates.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pass {
    /// The one being tried.
    pub(super) at: usize,
    /// A connection stands meanwhile.
    pub(super) renewing: bool,
    /// A token was rejected while the clock was before its floor.
    pub(super) suspect: bool,
    /// The candidates were replaced while one of the former was being tried: `at` is none of them.
    pub(super) outdated: bool,
}

impl Pass {
    /// From the first, with a connection that stands.
    pub(super) const fn renewing(at: usize) -> Self {
        Self { at, renewing: true, suspect: false, outdated: false }
    }

    /// The candidate being tried.
    pub(super) fn candidate(self) -> Option<usize> {
        (!self.outdated).then_some(self.at)
    }
}

/// A connection that stands.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) login: Box<Login>,
    /// The candidate in use. `None` after it was replaced.
    pub(super) at: Option<usize>,
}

impl Standing {
    /// What its loss leads to.
    pub(super) fn lost(&self) -> Pass {
        Pass { at: self.at.unwrap_or(0), outdated: self.at.is_none(), ..Pass::default() }
    }
}

/// One run of an authenticator: of a registration, or of a module lookup.
#[derive(Debug)]
pub(super) struct Run {
    /// The number of its source.
    pub(super) source: usize,
    pub(super) plan: Plan,
    pub(super) registers: bool,
    /// Whether it requests a certificate, once that is decided.
    pub(super) requests: Option<bool>,
}

/// The runs that may lead to a credential, in order: the hub that is known first, then the provisioning service.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) runs: Vec<Run>,
    /// The current one.
    pub(super) at: usize,
    /// One was repeated with the time that the service had sent.
    pub(super) corrected: bool,
}

impl Round {
    pub(super) fn run(&self) -> Option<&Run> {
        self.runs.get(self.at)
    }

    pub(super) fn run_mut(&mut self) -> Option<&mut Run> {
        self.runs.get_mut(self.at)
    }

    /// Whether a run follows.
    pub(super) fn has_next(&self) -> bool {
        self.at + 1 < self.runs.len()
    }

    /// Whether a registration is left.
    pub(super) fn has_registration(&self) -> bool {
        self.runs.iter().skip(self.at).any(|run| run.registers)
    }
}

/// An authenticator at work.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) authenticator: Authenticator,
    /// How many requests it has sent.
    pub(super) sent: u32,
}

impl State {
    /// What is there while a transition takes the state apart, and before the first.
    pub(super) fn between() -> Self {
        Self::Disconnecting { why: Diagnosis::Rotated, then: Then::Try(Pass::default()) }
    }

    pub(super) fn action(&self) -> Action<'_> {
        match self {
            Self::Authenticating { running, .. } => Action::Authenticate(running.authenticator.poll()),
            Self::Signing { string_to_sign, .. } => Action::Sign(KeyUse::Hub, string_to_sign),
            Self::Connecting { login, pass } if pass.renewing => Action::Renew(login),
            Self::Connecting { login, .. } => Action::Connect(login),
            Self::Connected { due, .. } => Action::Stay(*due),
            Self::Waiting { window, why, .. } => Action::Wait(*window, *why),
            Self::Saving { snapshot, .. } => Action::Save(snapshot),
            Self::Disconnecting { why, .. } => Action::Disconnect(*why),
            Self::Requesting { wanted, .. } => Action::MakeRequest(wanted),
            Self::Renewing { renewal, .. } => Action::RenewCertificate(renewal.poll()),
            Self::Keeping { chain, .. } => Action::KeepCertificate(chain),
        }
    }

    pub(super) const fn phase(&self) -> Phase {
        match self {
            Self::Authenticating { .. } | Self::Requesting { purpose: Purpose::Register(_), .. } => {
                Phase::Authenticating
            }
            Self::Signing { .. } => Phase::Signing,
            Self::Connecting { pass, .. } if pass.renewing => Phase::Renewing,
            Self::Connecting { .. } => Phase::Connecting,
            Self::Connected { .. } | Self::Renewing { .. } | Self::Requesting { .. } => Phase::Connected,
            Self::Waiting { .. } => Phase::Waiting,
            Self::Saving { .. } | Self::Keeping { .. } => Phase::Saving,
            Self::Disconnecting { .. } => Phase::Disconnecting,
        }
    }

    /// The candidate in use or being tried.
    pub(super) fn candidate(&self) -> Option<usize> {
        match self {
            Self::Signing { pass, .. } | Self::Connecting { pass, .. } => pass.candidate(),
            Self::Connected { standing, .. }
            | Self::Renewing { standing, .. }
            | Self::Requesting { purpose: Purpose::Renew(standing), .. } => standing.at,
            Self::Waiting { then, .. }
            | Self::Saving { then, .. }
            | Self::Keeping { then, .. }
            | Self::Disconnecting { then, .. } => match then {
                Then::Try(pass) | Then::Lost(pass) => pass.candidate(),
                Then::Stay(standing) | Then::Request(standing) => standing.at,
                Then::Authenticate(_) | Then::Run(_) => None,
            },
            Self::Authenticating { .. } | Self::Requesting { .. } => None,
        }
    }

    /// The round of runs, while there is one.
    pub(super) fn round(&self) -> Option<&Round> {
        match self {
            Self::Authenticating { round, .. } | Self::Requesting { purpose: Purpose::Register(round), .. } => {
                Some(round)
            }
            Self::Waiting { then, .. } | Self::Saving { then, .. } => match then {
                Then::Authenticate(round) | Then::Run(round) => Some(round),
                _ => None,
            },
            _ => None,
        }
    }
}
