//! The guard: every function of the C interface runs its body here, so that a panic becomes a result.

use crate::{
    abi::{ResultCode, Str},
    code::{DEFENDERAUTH_OK, DEFENDERAUTH_PANIC},
    error::object::Error,
    failure::Failure,
    object::{self, Object},
    output,
    view::View,
};
use alloc::boxed::Box;
use core::mem::MaybeUninit;

/// Where a function writes the details of a failure. `None` when the caller passed NULL.
pub(crate) type ErrorOut<'a> = Option<&'a mut MaybeUninit<Option<Box<Error>>>>;

/// Runs the body of a function that may fail. `*error` is always written, with NULL on success.
pub(crate) fn call(error: ErrorOut<'_>, body: impl FnOnce() -> Result<(), Failure>) -> ResultCode {
    let mut body = Some(body);
    run(error, &mut || body.take().map_or(Ok(()), |body| body()))
}

/// Runs first what needs no details, for a call that is to take no longer than its work: `None` if that is not enough. Then, and
/// when it panics, the body runs as in `call`.
#[inline]
pub(crate) fn at_once<T>(
    mut error: ErrorOut<'_>,
    mut out: T,
    attempt: impl FnOnce(&mut T) -> Option<()>,
    body: impl FnOnce(T) -> Result<(), Failure>,
) -> ResultCode {
    if let Ok(Some(())) = caught(|| attempt(&mut out)) {
        if let Some(error) = &mut error {
            error.write(None);
        }
        return DEFENDERAUTH_OK;
    }
    in_full(error, out, body)
}

#[cold]
fn in_full<T>(error: ErrorOut<'_>, out: T, body: impl FnOnce(T) -> Result<(), Failure>) -> ResultCode {
    call(error, || body(out))
}

/// Runs the body of a function that creates an object. `*out` is always written, with NULL on failure.
pub(crate) fn make<T>(
    out: Option<&mut MaybeUninit<Option<Box<T>>>>,
    error: ErrorOut<'_>,
    body: impl FnOnce() -> Result<T, Failure>,
) -> ResultCode {
    call(error, || {
        let out = output::object(out)?;
        out.put(body()?);
        Ok(())
    })
}

/// `call`, compiled once and not once for each function, which would be much larger.
fn run(error: ErrorOut<'_>, body: &mut dyn FnMut() -> Result<(), Failure>) -> ResultCode {
    match caught(|| {
        defect();
        body()
    }) {
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
                "a defect in the library; free the object, which is now unusable, and report the steps that led to this",
            )
            .field("libdefenderauth"),
        ),
    }
}

/// Where a test of a built library asks for it (`--cfg defenderauth_defect`), every call that may fail has a defect.
#[inline]
const fn defect() {
    #[cfg(defenderauth_defect)]
    #[expect(clippy::panic, reason = "that is what is tested")]
    {
        panic!("a defect, for a test")
    }
}

/// Kept out of the code path of calls that succeed.
#[cold]
fn failed(error: ErrorOut<'_>, failure: &Failure) -> ResultCode {
    if let Some(error) = error {
        // Creating the details allocates, and that could panic too.
        let details = || (!failure.is_answer()).then(|| Box::new(Error::new(failure)));
        error.write(caught(details).ok().flatten());
    }
    failure.code()
}

/// Runs the body of a function that cannot fail; `nothing` is returned when it panics.
pub(crate) fn get<T>(nothing: T, body: impl FnOnce() -> T) -> T {
    caught(body).unwrap_or(nothing)
}

/// Runs the body of a getter; `nothing` is returned for NULL, for an unusable object, and when the body panics.
pub(crate) fn look<'a, T: Object, R: Copy>(object: Option<&'a T>, nothing: R, read: impl FnOnce(&'a T) -> R) -> R {
    get(nothing, || object::look(object, nothing, read))
}

/// Runs the body of a getter of a text.
pub(crate) fn text<'a, T: Object>(object: Option<&'a T>, which: impl FnOnce(&'a T) -> &'a View) -> Str {
    look(object, Str::EMPTY, |object| which(object).as_str())
}

struct Panicked;

#[cfg(feature = "std")]
fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    use std::{
        mem,
        panic::{AssertUnwindSafe, catch_unwind},
    };
    // An object in the middle of a change when the panic came is marked unusable by its own guard.
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // Dropping the payload could panic again.
        mem::forget(payload);
        Panicked
    })
}

/// Without the standard library nothing unwinds: a panic calls the program's hook and does not return.
#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "with the standard library a panic is caught")]
fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    Ok(body())
}

/// Whether this thread unwinds.
pub(crate) fn is_panicking() -> bool {
    #[cfg(feature = "std")]
    return std::thread::panicking();
    #[cfg(not(feature = "std"))]
    return false;
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
    fn a_panic_while_an_object_is_created_leaves_null() {
        let (mut out, mut error) = (MaybeUninit::new(Some(Box::new(7))), MaybeUninit::new(None));
        assert_eq!(make(Some(&mut out), Some(&mut error), || panic!("oh")), DEFENDERAUTH_PANIC);
        let mut other = MaybeUninit::new(None);
        assert_eq!(make(Some(&mut other), None, || Ok(7)), DEFENDERAUTH_OK);
    }

    #[test]
    fn a_getter_that_panics_returns_nothing() {
        assert_eq!(get(7, || panic!("oh")), 7);
    }
}
