//! Errors by their codes: the texts of all errors would be a third of the program.

use defender_auth::Error;

/// The value, or a panic with the code of the error.
#[track_caller]
pub(crate) fn expect<T>(result: Result<T, impl Into<Error>>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("error {}", error.into().code().as_i32()),
    }
}
