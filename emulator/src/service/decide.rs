use super::shared::{Shared, State};
use crate::{
    answer::{Answer, Service},
    base::Moment,
    fault::{Fault, Operation},
    journal::{Entry, Refusal},
};

/// Decides a request unless a fault replaces its answer, and writes the decision to the journal.
pub(super) fn decide(
    shared: &Shared,
    service: Service,
    operation: Operation,
    request: &str,
    decision: impl FnOnce(&mut State, Moment, Option<&Fault>) -> Result<Answer, Refusal>,
) -> Answer {
    let now = shared.clock.now();
    let fault = shared.meet(operation, request);
    if let Some(instead) = fault.as_ref().and_then(|fault| service.instead(fault, now)) {
        return instead;
    }
    let decided = decision(&mut shared.state(), now, fault.as_ref());
    written(shared, service, request, fault, decided)
}

/// Writes a decision to the journal, and applies a fault that changes the answer.
pub(super) fn written(
    shared: &Shared,
    service: Service,
    request: &str,
    fault: Option<Fault>,
    decided: Result<Answer, Refusal>,
) -> Answer {
    // Before it is sent: a client that has the answer finds the entry.
    let mut answer = match decided {
        Ok(answer) => {
            shared.note(Entry::answered(request, answer.status, &answer.outcome));
            answer
        }
        Err(reason) => {
            let answer = service.refuse(&reason, shared.clock.now());
            shared.note(Entry::denied(request, answer.status, reason));
            answer
        }
    };
    if let Some(fault) = fault {
        answer.spoil(&fault);
    }
    answer
}
