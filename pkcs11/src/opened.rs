//! A session with a token and the key in it.

use crate::{
    error::Error, mechanism::Way, module::Module, object::Search, public_key::PublicKey, token::Token, uri::Uri,
};
use cryptoki::{
    context::Function,
    error::{Error as Failure, RvError},
    object::ObjectHandle,
    session::Session,
    slot::Slot,
};
use defender_auth::secret::SecretText;
use std::{mem, sync::Arc};

pub(crate) struct Opened {
    module: Arc<Module>,
    slot: Slot,
    /// Taken when it is dropped, and at no other time.
    session: Option<Session>,
    key: ObjectHandle,
    generation: u64,
    pub(crate) token: String,
}

impl Opened {
    /// Opens a session, logs in and finds the key.
    pub(crate) fn open(module: &Arc<Module>, uri: &Uri, pin: Option<&SecretText>) -> Result<(Self, PublicKey), Error> {
        let in_use = module.enter()?;
        let token = Token::find(module, &in_use, uri)?;
        let slot = token.slot;
        let session = in_use.pkcs11.open_ro_session(slot).map_err(|error| module.failed(error))?;
        let is_logged_in = token.log_in(module, &session, pin)?;
        let search = Search { module, token: &token, session: &session, uri, is_logged_in };
        let (key, public) = search.find()?;
        let (generation, token) = (in_use.generation(), token.name());
        Ok((Self { module: Arc::clone(module), slot, session: Some(session), key, generation, token }, public))
    }

    /// Whether the module was initialized anew since.
    pub(crate) fn is_of_an_earlier_generation(&self) -> Result<bool, Error> {
        Ok(self.module.enter()?.generation() != self.generation)
    }

    /// A signature in the form of TLS.
    pub(crate) fn sign(&self, way: Way, message: &[u8]) -> Result<Vec<u8>, Error> {
        let _in_use = self.module.enter()?;
        let closed = || self.module.failed(Failure::Pkcs11(RvError::SessionClosed, Function::Sign));
        let session = self.session.as_ref().ok_or_else(closed)?;
        let made = session.sign(&way.mechanism(), self.key, &way.input(message));
        made.map(|made| way.signature(made)).map_err(|error| self.module.failed(error))
    }

    /// Another session in place of this one, in which an operation may have remained open. The login remains, because one
    /// of the two is open at each time.
    pub(crate) fn renew_session(&mut self) -> Result<(), Error> {
        let in_use = self.module.enter()?;
        let session = in_use.pkcs11.open_ro_session(self.slot).map_err(|error| self.module.failed(error))?;
        self.session = Some(session);
        Ok(())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let session = self.session.take();
        match self.module.enter() {
            Ok(in_use) if in_use.generation() == self.generation => drop(session),
            // Its number may be that of another session, or it is that of the process from which this one was forked.
            _ => mem::forget(session),
        }
    }
}
