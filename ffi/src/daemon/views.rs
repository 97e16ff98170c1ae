//! What C can read of a daemon, rebuilt after every transition.

use crate::{
    code::{DEFENDERAUTH_ACTION_ASK, DEFENDERAUTH_ACTION_DONE, DEFENDERAUTH_ACTION_FAILED, DEFENDERAUTH_ACTION_WAIT},
    error::Error,
    failure::Failure,
    view::View,
};
use alloc::vec::Vec;
use defender_auth::{self as library, local::Request, wait::Wait};
use zeroize::Zeroizing;

/// The data of the pending action. Everything else is empty.
#[derive(Default)]
pub(super) struct Views {
    pub(super) action: i32,
    pub(super) failure: Option<Error>,
    pub(super) address: View,
    pub(super) method: View,
    pub(super) target: View,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) at_least: u64,
    pub(super) at_most: u64,
    pub(super) answer: Zeroizing<Vec<u8>>,
}

#[cfg_attr(not(feature = "flows"), expect(dead_code, reason = "nothing is asked"))]
impl Views {
    pub(super) fn of_request(request: &Request) -> Self {
        Self {
            action: DEFENDERAUTH_ACTION_ASK,
            address: View::of(request.endpoint()),
            method: View::new(request.method()),
            target: View::new(request.target()),
            body: Zeroizing::new(request.body().to_vec()),
            ..Self::default()
        }
    }

    pub(super) fn of_wait(wait: Wait) -> Self {
        let milliseconds = |time: core::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            action: DEFENDERAUTH_ACTION_WAIT,
            at_least: milliseconds(wait.at_least),
            at_most: milliseconds(wait.at_most),
            ..Self::default()
        }
    }

    pub(super) fn of_answer(answer: &[u8]) -> Self {
        Self { action: DEFENDERAUTH_ACTION_DONE, answer: Zeroizing::new(answer.to_vec()), ..Self::default() }
    }

    pub(super) fn of_failure(error: &library::Error) -> Self {
        Self { action: DEFENDERAUTH_ACTION_FAILED, failure: Some(Error::new(&Failure::from(error))), ..Self::default() }
    }
}
