//! Operational certificates in a build without them.

use super::{
    given::Given,
    usable::{Unanswered, Usable},
    views::{Kept, Pending},
};
use crate::{failure::Failure, input::Path};
use core::time::Duration;
use defender_auth::{
    Now, Outcome, UnixTime, credential::IssuedChain, http::OperationId, identity::DeviceId, secret::SecretText,
};

fn unsupported() -> Failure {
    Failure::unsupported("operational certificates (feature `operational`)")
}

pub(crate) fn is_available() -> Result<(), Failure> {
    Err(unsupported())
}

/// Has no value.
pub(super) enum Lock {}

impl Lock {
    pub(super) fn of(_folder: &Path) -> Result<Self, Failure> {
        Err(unsupported())
    }
}

/// Has no value.
pub(crate) enum Noting {}

impl Noting {
    pub(super) const fn new(record: &Record, _folder: &Path) -> Result<Self, Failure> {
        match *record {}
    }

    #[cfg_attr(not(feature = "https"), expect(dead_code, reason = "nothing runs a registration"))]
    pub(crate) const fn note(&self, _operation: &OperationId) {
        match *self {}
    }

    pub(super) const fn give(&self, _record: &mut Record) {
        match *self {}
    }
}

/// Has no value.
pub(super) enum Record {}

impl Record {
    pub(super) fn new() -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) fn parse(_text: &str) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) fn load(_folder: &Path) -> Result<Self, Failure> {
        Err(unsupported())
    }

    pub(super) const fn save(&self, _folder: &Path) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn text(&self) -> SecretText {
        match *self {}
    }

    pub(super) const fn begin(&mut self, _name: &str, _curve: i32) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn begin_elsewhere(&mut self, _key_name: &str, _request: &[u8]) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn sent_by(&mut self, _operation: &OperationId) -> Result<bool, Failure> {
        match *self {}
    }

    pub(super) const fn take_registration(&mut self, _outcome: &Outcome) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn take_renewal(&mut self, _renewal: &Machine) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn issued(&mut self, _chain: IssuedChain) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn unanswered(&self) -> Result<Unanswered<'_>, Failure> {
        match *self {}
    }

    pub(super) const fn usable(&self) -> Option<Usable> {
        match *self {}
    }

    pub(super) const fn accept(&mut self, _root: &str, _now: UnixTime) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn discard(&mut self) {
        match *self {}
    }

    pub(super) const fn retire(&mut self) {
        match *self {}
    }

    pub(super) const fn views(&self) -> Kept {
        match *self {}
    }
}

/// Has no value.
pub(super) enum Machine {}

impl Machine {
    pub(super) const fn new(record: &Record, _device: &DeviceId, _now: Now, _limit: Duration) -> Result<Self, Failure> {
        match *record {}
    }

    pub(super) const fn handle(&mut self, _now: Now, _given: Given<'_>) -> Result<(), Failure> {
        match *self {}
    }

    pub(super) const fn views(&self) -> Pending {
        match *self {}
    }
}
