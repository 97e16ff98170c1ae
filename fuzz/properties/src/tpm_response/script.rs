//! A TPM whose answers are bent on their way.

use super::{
    command::Sent,
    model::{Model, refused},
};
use crate::inputs::Inputs;
use defender_auth::{
    error::{AccessError, AccessProblem},
    tpm::Transport,
};
use std::{cell::RefCell, collections::BTreeSet, rc::Rc};
use tpm2_protocol::data::TpmCc;

/// What the client and the property both look at.
#[allow(clippy::struct_excessive_bools, reason = "each is an observation of its own")]
pub(super) struct Script<'a> {
    inputs: Inputs<'a>,
    pub(super) model: Model,
    /// Sessions and objects that the client was given, and that it has neither used up nor asked to be flushed.
    pub(super) open: BTreeSet<u32>,
    /// Whether an answer was another than the model's.
    pub(super) is_bent: bool,
    pub(super) commands: usize,
    /// Since an operation began: whether a key was loaded, and whether a persistent one was removed.
    pub(super) has_loaded: bool,
    pub(super) has_removed: bool,
    /// Whether an object looked like one of another program, which is not flushed.
    pub(super) may_leave: bool,
}

/// Answers that mean something to the client: busy, full, not started, lost, locked out, refused passwords.
const CODES: [u16; 16] =
    [0x908, 0x922, 0x90a, 0x902, 0x903, 0x100, 0x18b, 0x910, 0x921, 0x9a2, 0x98e, 0x101, 0x143, 0x14b, 0x28b, 0x2d5];

impl<'a> Script<'a> {
    pub(super) fn new(model: Model, inputs: Inputs<'a>) -> Self {
        let open = BTreeSet::new();
        Self {
            inputs,
            model,
            open,
            is_bent: false,
            commands: 0,
            has_loaded: false,
            has_removed: false,
            may_leave: false,
        }
    }

    /// What comes back instead of an answer, and how long it is said to be. When the data is used up, the answer itself.
    fn bent(&mut self, mut answer: Vec<u8>) -> Option<(Vec<u8>, usize)> {
        let inputs = &mut self.inputs;
        match inputs.byte() % 16 {
            0..=5 => {}
            6 => answer = refused(u32::from(inputs.byte()) << 8 | u32::from(inputs.byte())),
            7 => answer = refused(u32::from(CODES[usize::from(inputs.byte() % 16)])),
            8 => {
                let (place, bit) = (usize::from(inputs.byte()) % answer.len(), inputs.byte() % 8);
                answer[place] ^= 1 << bit;
            }
            9 => answer.truncate(usize::from(inputs.byte())),
            10 => answer.resize(answer.len() + usize::from(inputs.byte()), 0xa5),
            11 => answer[..2].copy_from_slice(&[0x80, inputs.byte()]),
            12 => {
                let length = usize::from(inputs.byte()) * 2;
                answer.truncate(10);
                answer.extend(inputs.bytes(length));
                fit(&mut answer);
            }
            13 => return (inputs.byte() % 2 == 1).then_some((answer, 5000)),
            14 => {
                let (place, length) = (usize::from(inputs.byte()), usize::from(inputs.byte()));
                let part = inputs.bytes(length);
                answer.iter_mut().skip(10 + place).zip(part).for_each(|(to, from)| *to = *from);
            }
            _ => {
                answer.resize(16 * (usize::from(inputs.byte()) + 1), 0);
                fit(&mut answer);
            }
        }
        let length = answer.len();
        Some((answer, length))
    }

    fn note(&mut self, sent: &Sent<'_>, answer: &[u8]) {
        let is_done = answer.get(6..10) == Some(&[0; 4]) && answer[2..6] == size(answer);
        if !is_done {
            return;
        }
        let handle = answer.get(10..14).map(|handle| u32::from_be_bytes(handle.try_into().expect("four bytes")));
        match (sent.code, handle) {
            (TpmCc::StartAuthSession | TpmCc::HmacStart, Some(handle)) => drop(self.open.insert(handle)),
            (TpmCc::Load, Some(handle)) => {
                self.open.insert(handle);
                self.has_loaded = true;
            }
            (TpmCc::CreatePrimary, Some(handle)) if handle >> 24 == 0x80 => drop(self.open.insert(handle)),
            (TpmCc::ActivateCredential, _) => drop(self.open.remove(&sent.auths[1])),
            (TpmCc::SequenceComplete, _) => drop(self.open.remove(&sent.handles[0])),
            (TpmCc::EvictControl, _) if sent.handles[1] == sent.word(0) => self.has_removed = true,
            _ => {}
        }
    }
}

fn size(answer: &[u8]) -> [u8; 4] {
    u32::try_from(answer.len()).expect("a short answer").to_be_bytes()
}

/// Makes the header say how long it is.
fn fit(answer: &mut [u8]) {
    let size = size(answer);
    answer[2..6].copy_from_slice(&size);
}

/// One end of it for the client, one for the property.
#[derive(Clone)]
pub(super) struct Wire<'a>(pub(super) Rc<RefCell<Script<'a>>>);

impl Transport for Wire<'_> {
    fn exchange(&mut self, command: &[u8], response: &mut [u8]) -> Result<usize, AccessError> {
        let mut script = self.0.borrow_mut();
        script.commands += 1;
        let sent = Sent::read(command);
        match sent.code {
            TpmCc::FlushContext => drop(script.open.remove(&sent.word(0))),
            TpmCc::EvictControl if sent.handles[1] == sent.word(0) => {
                assert!(script.has_loaded, "the old key stays until the new one is loaded");
            }
            _ => {}
        }
        let answer = script.model.answer(&sent);
        let bent = script.bent(answer.clone());
        script.is_bent |= bent.as_ref() != Some(&(answer.clone(), answer.len()));
        let (bytes, told) =
            bent.ok_or_else(|| AccessError { place: "a wire".to_owned(), problem: AccessProblem::Closed })?;
        response[..bytes.len()].copy_from_slice(&bytes);
        if told == bytes.len() {
            script.note(&sent, &bytes);
        }
        Ok(told)
    }
}
