//! A task for a daemon of the device, and what holds of every one.

use crate::{
    flow::{self, Clock, Round, START},
    inputs::Inputs,
};
use core::time::Duration;
use defender_auth::{
    error::Error,
    local::{Action, Event, Obstacle, Question, Task},
};

/// How a task ended, and the body that it ended with.
type Ended<'a, A> = (Result<A, Error>, &'a [u8]);

/// Gives a task what the input says. `None` when the input ends before the task does.
pub(crate) fn drive<Q: Question>(
    task: Task<Q>,
    limit: Duration,
    inputs: &mut Inputs<'_>,
) -> Option<Result<Q::Answer, Error>> {
    answered(task, limit, inputs).map(|(answer, _)| answer)
}

/// The same with the body that it ended with.
pub(crate) fn answered<'a, Q: Question>(
    mut task: Task<Q>,
    limit: Duration,
    inputs: &mut Inputs<'a>,
) -> Option<Ended<'a, Q::Answer>> {
    let (mut clock, mut now, mut failures) = (Clock::begin(START, limit), START, 0);
    let mut place = String::new();
    for _ in 0..flow::ROUNDS {
        let round = Round::take(inputs)?;
        now = round.after(now);
        let is_late = clock.is_late(now);
        let mut asked = None;
        match task.poll() {
            Action::Send(request) => {
                assert!(
                    request.target().starts_with('/') && request.target().bytes().all(|byte| byte.is_ascii_graphic())
                );
                let is_post = request.method() == "POST";
                assert!(is_post || request.method() == "GET" && request.body().is_empty());
                assert!(!is_post || serde_json::from_slice::<serde_json::Value>(request.body()).is_ok(), "it is JSON");
                assert_eq!(request.headers().count(), usize::from(is_post));
                place = request.endpoint().to_string();
                let target = request.target();
                flow::no_secret(&elsewhere(&format!("{request:?}"), &place).replace(target, ""), &[], round.body);
                let event = match round.event {
                    b'U' => Event::Unanswered,
                    b'N' => Event::NotReached(Obstacle::Absent),
                    b'D' => Event::NotReached(Obstacle::Denied),
                    b'K' => Event::NotReached(Obstacle::NotASocket),
                    _ => {
                        asked = Some(round.status);
                        Event::Answered(round.response)
                    }
                };
                assert!(task.handle(now, Event::Elapsed).is_err(), "it does not answer");
                task.handle(now, event).expect("it answers");
            }
            Action::Wait(_) => {
                assert!(task.handle(now, Event::Unanswered).is_err(), "it does not answer");
                task.handle(now, Event::Elapsed).expect("it answers");
            }
            other => panic!("{other:?} is the end"),
        }
        match task.poll() {
            Action::Wait(wait) => {
                failures += 1;
                flow::wait(wait, asked);
                clock.waits(wait);
                assert!(failures <= 6, "patience has an end");
            }
            Action::Done | Action::Failed(_) => {
                let answer = task.into_answer();
                if let Err(error) = &answer {
                    for shown in [error.to_string(), format!("{error:?}")] {
                        flow::no_secret(&elsewhere(&shown, &place), &[], round.body);
                    }
                }
                let ended_late = is_late && !matches!(round.event, b'N' | b'D' | b'K');
                assert!(
                    !ended_late || answer.as_ref().err() == Some(&Error::OutOfTime),
                    "nothing goes on after the limit"
                );
                return Some((answer, round.body));
            }
            _ => {}
        }
        if let Action::Wait(_) = task.poll() {
            flow::no_secret(&format!("{:?}", task.poll()), &[], round.body);
        }
    }
    None
}

/// What is shown without the address of the daemon, which is the agent's own: it may contain what an answer has, too.
fn elsewhere(shown: &str, place: &str) -> String {
    if place.is_empty() {
        return shown.into();
    }
    shown.replace(place, "").replace(&place.escape_debug().to_string(), "")
}
