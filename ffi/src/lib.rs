//! The place of `libdefenderauth`, the library for C agents. There is nothing in it yet.
