#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| glassbox_oracle::targets::rules(data));
