//! A TPM between a client and swtpm that changes what it is told to, and can be used by several threads.

use defender_auth::{
    error::AccessError,
    tpm::{Connection, Transport},
};
use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard},
};

pub(super) const SIGN: u32 = 0x15d;
pub(super) const DECRYPT: u32 = 0x159;
pub(super) const LOAD: u32 = 0x157;

/// Executes a command, or something else: the connection, the command, where the response goes; returns its length.
type Act = Box<dyn FnMut(&mut Connection, &[u8], &mut [u8]) -> Result<usize, AccessError> + Send>;

/// Copies of it are the same TPM.
#[derive(Clone)]
pub(super) struct Script(Arc<Mutex<State>>);

struct State {
    connection: Connection,
    act: Act,
    sent: Vec<u32>,
    pauses: u32,
}

impl Script {
    pub(super) fn new(connection: Connection) -> Self {
        let act: Act = Box::new(Connection::exchange);
        Self(Arc::new(Mutex::new(State { connection, act, sent: Vec::new(), pauses: 0 })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on, commands are executed so.
    pub(super) fn acting(
        &self,
        act: impl FnMut(&mut Connection, &[u8], &mut [u8]) -> Result<usize, AccessError> + Send + 'static,
    ) {
        self.state().act = Box::new(act);
    }

    /// The commands since this was asked last.
    pub(super) fn sent(&self) -> Vec<u32> {
        mem::take(&mut self.state().sent)
    }

    pub(super) fn pauses(&self) -> u32 {
        self.state().pauses
    }
}

impl Transport for Script {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        let mut state = self.state();
        state.sent.push(code(command));
        let State { connection, act, .. } = &mut *state;
        act(connection, command, response)
    }

    fn pause(&mut self, _: u8) {
        self.state().pauses += 1;
    }
}

/// The code of a command.
pub(super) fn code(command: &[u8]) -> u32 {
    u32::from_be_bytes(command[6..10].try_into().unwrap())
}

/// The response of a TPM that rejects a command.
pub(super) fn reject(code: u32, response: &mut [u8]) -> usize {
    response[..6].copy_from_slice(&[0x80, 1, 0, 0, 0, 10]);
    response[6..10].copy_from_slice(&code.to_be_bytes());
    10
}
