//! What stands in an attempt's way, and how the attempt has to end for that reason and no other.

use crate::{
    fleet::Member,
    order::{At, Planned, Trouble},
    random::Random,
};
use defender_auth::{
    Error,
    error::{ProtocolError, ProtocolProblem, Refusal as Said},
    https::HttpsError,
};
use defender_auth_mqtt::Error as MqttError;
use std::time::Duration;

/// Over what a registration is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Https,
    Mqtt,
}

/// Why an attempt or a login failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Plan(#[from] Error),
    #[error(transparent)]
    Https(#[from] HttpsError),
    #[error(transparent)]
    Mqtt(#[from] MqttError),
}

/// What is done to one attempt.
#[derive(Clone, Debug)]
pub(crate) enum Disturbance {
    Fault(Planned),
    /// The services' clock is so many seconds ahead.
    Clock(i64),
}

/// How it has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Well,
    /// With this status.
    Status(u16),
    /// No answer came, however often it was asked for.
    Unreachable,
    /// The message is not what the protocol says.
    Message(ProtocolProblem),
    /// The enrollment is disabled.
    Disabled,
    /// CONNACK, or 401, and these words in the journal.
    Because(&'static str),
    /// The same because the token has expired, and the error names the clock that is behind.
    Behind,
}

/// The services' words.
pub(crate) const SIGNATURE: &str = "made with neither of the keys";
pub(crate) const OVER: &str = "the token expired ";
pub(crate) const NO_DEVICE: &str = "the hub has no such device";

impl End {
    /// Whether this is the end, by what the agent was told and what the services wrote down.
    pub(crate) fn explains(self, refusal: &Refusal, journal: &[String]) -> bool {
        use Refusal::{Mqtt, Plan};
        let written = |words: &str| journal.iter().any(|line| line.contains(words));
        match (self, refusal) {
            (Self::Status(status), Plan(Error::Service(error))) => error.status == status,
            // A message that is too long is not read over MQTT.
            (Self::Unreachable, Plan(Error::Unreachable { .. }))
            | (Self::Message(ProtocolProblem::TooLong), Mqtt(MqttError::TooLarge { .. })) => true,
            (Self::Message(problem), Plan(Error::Protocol(error))) => {
                *error == ProtocolError { field: "body", problem }
            }
            (Self::Disabled, Plan(Error::Service(error))) => error.refusal == Said::Disabled,
            (Self::Because(words), Mqtt(MqttError::Refused(code))) => code.code() == 5 && written(words),
            (Self::Because(words), Plan(Error::Service(error))) => {
                error.status == 401 && error.clock.is_none() && written(words)
            }
            (Self::Behind, Plan(Error::Service(error))) => {
                error.status == 401 && error.clock.is_some_and(|clock| !clock.is_ahead()) && written(OVER)
            }
            _ => false,
        }
    }
}

impl Disturbance {
    /// One that this member's attempt meets.
    pub(crate) fn pick(random: &mut Random, member: &Member, carrier: Carrier) -> Self {
        if random.one_in(8) {
            let hours = i64::try_from(random.below(48)).unwrap() + 1;
            return Self::Clock(3600 * if random.one_in(2) { hours } else { -hours });
        }
        let at = match (member.enrollment(), member.in_device_mode) {
            (Some(_), true) => *random.of(&[At::Register, At::Poll, At::Read]),
            // A TPM's first registration is always a challenge, whose 401 would be another.
            (Some(_), false) => *random.of(&[At::Register, At::Poll]),
            (None, _) => At::Read,
        };
        let trouble = match random.below(10) {
            0 => Trouble::Status(*random.of(&[400, 401, 403, 404, 409])),
            1 => Trouble::StatusRetryAfter(429, u32::try_from(random.below(30)).unwrap()),
            2 => Trouble::Status(*random.of(&[408, 500, 503])),
            3 => Trouble::Redirect,
            4 => Trouble::Half,
            5 => Trouble::Oversized,
            6 => Trouble::Html,
            7 => Trouble::Reset,
            8 if carrier == Carrier::Https => Trouble::TooLate,
            _ => Trouble::Late(Duration::from_millis(random.below(40))),
        };
        let is_passing =
            matches!(trouble, Trouble::StatusRetryAfter(..) | Trouble::Status(408 | 500..) | Trouble::Reset);
        // Seven requests are all that an attempt makes for one answer.
        let often = if random.one_in(4) { 7 } else { u32::try_from(random.below(3)).unwrap() + 1 };
        let times = if is_passing { often } else { 1 };
        Self::Fault(Planned { trouble, at, times })
    }

    pub(crate) const fn is_too_late(&self) -> bool {
        matches!(self, Self::Fault(Planned { trouble: Trouble::TooLate, .. }))
    }

    /// How an attempt ends that meets it.
    pub(crate) fn end(&self, member: &Member, carrier: Carrier) -> End {
        let Planned { trouble, times, .. } = match self {
            // A certificate needs no token, which could expire.
            Self::Clock(seconds) if *seconds < 0 || member.is_by_certificate() => return End::Well,
            Self::Clock(_) => return End::Behind,
            Self::Fault(planned) => planned,
        };
        match trouble {
            Trouble::Status(status @ (408 | 500..)) | Trouble::StatusRetryAfter(status, _) if *times == 7 => {
                End::Status(*status)
            }
            Trouble::Reset if *times == 7 => End::Unreachable,
            // MQTT says where a message ends, so that half of one is a whole one, and wrong.
            Trouble::Half if carrier == Carrier::Mqtt => End::Message(ProtocolProblem::Unreadable),
            Trouble::Oversized => End::Message(ProtocolProblem::TooLong),
            Trouble::Redirect => End::Status(302),
            Trouble::Status(status @ (..408 | 409..500)) => End::Status(*status),
            // It is requested again, or is still valid.
            _ => End::Well,
        }
    }
}
