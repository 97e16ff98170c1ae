//! The one door: nothing that is called from C runs outside of it.

use crate::{
    ResultCode,
    code::{DEFENDERAUTH_OK, DEFENDERAUTH_PANIC},
    error::Error,
    failure::Failure,
};
use std::{
    mem::{self, MaybeUninit},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Where a caller wants to have the details of a failure, if it does.
pub(crate) type ErrorOut<'a> = Option<&'a mut MaybeUninit<Option<Box<Error>>>>;

/// Runs the body of a function that may fail. The error is always written: NULL when there is none.
pub(crate) fn call(error: ErrorOut<'_>, body: impl FnOnce() -> Result<(), Failure>) -> ResultCode {
    let mut body = Some(body);
    run(error, &mut || body.take().map_or(Ok(()), |body| body()))
}

/// The same for all of them: one door in the library and not one a function, which would be larger by far.
fn run(error: ErrorOut<'_>, body: &mut dyn FnMut() -> Result<(), Failure>) -> ResultCode {
    match caught(body) {
        Ok(Ok(())) => {
            if let Some(error) = error {
                error.write(None);
            }
            DEFENDERAUTH_OK
        }
        Ok(Err(failure)) => failed(error, &failure),
        Err(Panicked) => failed(
            error,
            &Failure::new(
                DEFENDERAUTH_PANIC,
                "this is a defect of the library; free the object, which cannot be used any more, and report how it came to this",
            ),
        ),
    }
}

/// Out of the way of calls that succeed.
#[cold]
fn failed(error: ErrorOut<'_>, failure: &Failure) -> ResultCode {
    if let Some(error) = error {
        // Making the details may fail as well, in theory.
        error.write(caught(|| Box::new(Error::new(failure))).ok());
    }
    failure.code()
}

/// Runs the body of a function that has an answer for everything; `nothing` is the one when it panics.
pub(crate) fn get<T>(nothing: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(nothing)
}

struct Panicked;

fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    // What a panic may have left half done is poisoned by the objects themselves.
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // To drop it could be the next panic.
        mem::forget(payload);
        Panicked
    })
}

#[cfg(test)]
#[allow(clippy::panic, reason = "that is what is tested")]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_result_with_details() {
        let mut error = MaybeUninit::new(None);
        assert_eq!(call(Some(&mut error), || panic!("oh")), DEFENDERAUTH_PANIC);
        assert!(error.as_ptr().is_aligned());
        assert_eq!(call(None, || panic!("oh")), DEFENDERAUTH_PANIC);
    }

    #[test]
    fn a_getter_that_panics_says_nothing() {
        assert_eq!(get(7, || panic!("oh")), 7);
    }
}
