#![no_main]
libfuzzer_sys::fuzz_target!(
    |data: &[u8]| compat_tests::fuzz_targets::neighbour_advertisement(data)
);
