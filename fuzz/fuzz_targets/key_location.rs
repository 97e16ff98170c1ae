#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| defender_auth_properties::key_location::check(data));
