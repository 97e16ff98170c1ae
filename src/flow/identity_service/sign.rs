//! A token signed by keyd, for which the identity is read again when the handle is not valid any more.

use super::{Account, IdentityService, keys, message};
use crate::{
    base::{time::Now, wait::TimeLimit},
    error::{Daemon, DaemonError, DaemonProblem, Error},
    flow::local::{Next, Question, Request, Sealed, Task},
    key::Signature,
    sas::StringToSign,
};

/// The question of [`IdentityService::sign`].
#[derive(Debug)]
pub struct Sign {
    service: IdentityService,
    string: StringToSign,
    account: Option<Account>,
    /// The identity was read for this signature.
    is_fresh: bool,
    /// The pending request is the one for the signature.
    signs: bool,
}

/// A signature, and the account with the handle that made it, for the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The signature.
    pub signature: Signature,
    /// What identityd said last.
    pub account: Account,
}

impl IdentityService {
    /// Has a token signed. With an account of an earlier answer one request does; without one, and when keyd rejects its
    /// handle, the identity is read first.
    ///
    /// When the token is not for the agent's identity, because the device was provisioned again, the task fails with
    /// [`DaemonProblem::Reprovisioned`].
    pub fn sign(
        &self,
        account: Option<Account>,
        string: &StringToSign,
        now: Now,
        limit: impl Into<TimeLimit>,
    ) -> Task<Sign> {
        let account = account.filter(|account| string.resource().covers(&account.identity));
        let (service, string) = (self.clone(), string.clone());
        let mut question = Sign { service, string, account, is_fresh: false, signs: false };
        let first = question.first();
        Task::begin(question, first, now, limit)
    }
}

impl Sign {
    fn first(&mut self) -> Result<Request, Error> {
        if self.account.is_none() {
            self.is_fresh = true;
            return Ok(self.service.identity_request());
        }
        self.signature_request()
    }

    fn signature_request(&mut self) -> Result<Request, Error> {
        self.signs = true;
        let handle =
            self.account.as_ref().and_then(Account::signing_key).ok_or_else(|| self.failed(DaemonProblem::NoTokens))?;
        Ok(self.service.key_request("/sign", keys::hmac(handle, self.string.as_bytes())))
    }

    fn failed(&self, problem: DaemonProblem) -> Error {
        DaemonError::new(Daemon::Identity, &self.service.identity, problem).into()
    }
}

impl Sealed for Sign {}

impl Question for Sign {
    type Answer = Signed;

    fn read(&mut self, body: &[u8]) -> Result<Next<Signed>, Error> {
        if !self.signs {
            let account = message::account(body)?;
            if !self.string.resource().covers(&account.identity) {
                return Err(self.failed(DaemonProblem::Reprovisioned));
            }
            self.account = Some(account);
            return self.signature_request().map(Next::Send);
        }
        let signature = message::signature(body)?;
        // There is one since it signs.
        let account = self.account.take().ok_or_else(|| self.failed(DaemonProblem::NoTokens))?;
        Ok(Next::Done(Signed { signature, account }))
    }

    fn start_again(&mut self) -> Option<Request> {
        if self.is_fresh {
            return None;
        }
        (self.is_fresh, self.signs) = (true, false);
        Some(self.service.identity_request())
    }
}
