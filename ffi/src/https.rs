//! The built-in driver.
