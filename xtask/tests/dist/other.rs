//! Another static library of Rust, with a standard library of its own.

/// The length of a text, as a `String` sees it; and a panic that is caught.
#[unsafe(no_mangle)]
pub extern "C" fn other_length() -> usize {
    let caught = std::panic::catch_unwind(|| panic!("caught"));
    if caught.is_err() { String::from("four").len() } else { 0 }
}
