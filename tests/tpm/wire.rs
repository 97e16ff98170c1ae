use defender_auth::{
    error::{AccessError, AccessProblem},
    tpm::{Connection, Transport},
};
use std::{cell::RefCell, rc::Rc};

/// Changes a response: its number, from 0; its bytes at the beginning of a buffer; its length. Returns the new length.
type Tamper = Box<dyn FnMut(usize, &mut [u8], usize) -> usize>;

/// A connection that a test can record, change and end while a client uses it.
#[derive(Clone)]
pub(crate) struct Wire(Rc<RefCell<State>>);

struct State {
    connection: Option<Connection>,
    sent: Vec<u32>,
    pauses: u32,
    tamper: Option<Tamper>,
    cut: Option<Cut>,
}

/// Where a connection ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// Before the command of this number.
    Before(usize),
    /// After the command: the TPM has executed it, and the response is lost.
    After(usize),
}

impl Wire {
    pub(crate) fn new(connection: Connection) -> Self {
        let connection = Some(connection);
        Self(Rc::new(RefCell::new(State { connection, sent: Vec::new(), pauses: 0, tamper: None, cut: None })))
    }

    pub(crate) fn tampered(self, tamper: impl FnMut(usize, &mut [u8], usize) -> usize + 'static) -> Self {
        self.0.borrow_mut().tamper = Some(Box::new(tamper));
        self
    }

    pub(crate) fn cut_at(self, cut: Cut) -> Self {
        self.0.borrow_mut().cut = Some(cut);
        self
    }

    /// Ends the connection, as the end of a process does.
    pub(crate) fn cut(&self) {
        self.0.borrow_mut().connection = None;
    }

    /// The commands that were sent so far.
    pub(crate) fn sent(&self) -> Vec<u32> {
        self.0.borrow().sent.clone()
    }

    pub(crate) fn pauses(&self) -> u32 {
        self.0.borrow().pauses
    }
}

impl Transport for Wire {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        let mut state = self.0.borrow_mut();
        let number = state.sent.len();
        let closed = || AccessError { place: "a wire".to_owned(), problem: AccessProblem::Closed };
        if matches!(state.cut, Some(Cut::Before(at)) if at == number) {
            state.connection = None;
        }
        let length = state.connection.as_mut().ok_or_else(closed)?.exchange(command, response)?;
        state.sent.push(u32::from_be_bytes(command[6..10].try_into().unwrap()));
        if matches!(state.cut, Some(Cut::After(at)) if at == number) {
            state.connection = None;
            return Err(closed());
        }
        Ok(state.tamper.as_mut().map_or(length, |tamper| tamper(number, response, length)))
    }

    fn pause(&mut self, _: u8) {
        self.0.borrow_mut().pauses += 1;
    }
}
