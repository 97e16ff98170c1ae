//! Another try, where the same may succeed later.

use crate::terminal::{failure::Failure, progress, stderr};
use std::time::Duration;

/// The wait before the first repetition; each later one is twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait, unless the service asks for a longer one.
const LONGEST: Duration = Duration::from_secs(60);

/// Does a work, and repeats it so many times as long as `reason` gives one.
pub(super) fn repeating<T>(
    retries: u32,
    reason: impl Fn(&Result<T, Failure>) -> Option<String>,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut pause = FIRST;
    for left in (0..retries).rev() {
        let result = work();
        let Some(reason) = reason(&result) else { return result };
        stderr::note(format_args!("{reason}; trying again ({} of {retries})", retries - left));
        let asked = result.as_ref().err().and_then(Failure::retry_after).unwrap_or_default();
        progress::pause(pause.max(asked), "before the next try");
        pause = (2 * pause).min(LONGEST);
    }
    work()
}

/// The reason to repeat a work that failed.
pub(super) fn passing(failure: &Failure) -> Option<String> {
    failure.problem().filter(|problem| problem.is_retryable).map(|problem| problem.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::problem::Problem;

    fn tries(retries: u32, is_retryable: bool) -> u32 {
        let mut tries = 0;
        let result = repeating(
            retries,
            |result| result.as_ref().err().and_then(passing),
            || {
                tries += 1;
                Err::<(), _>(Failure::service(Problem::on_the_way("the way", "no answer").retryable(is_retryable)))
            },
        );
        assert!(result.is_err());
        tries
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert_eq!((tries(0, true), tries(1, true), tries(3, false)), (1, 2, 1));
    }

    #[test]
    fn a_success_ends_it() {
        assert_eq!(repeating(5, |_| None, || Ok(7)).ok(), Some(7));
    }
}
