;; Tries to bury the reader under a window of a million records.
(memory $memory (export "memory") 200)
(data (i32.const 0x800) "\01")
(data (i32.const 0x820) "\00\00\02\00\40\42\0f\00" "\40\42\0f\00\00\00\00\00")
(func $subject (param i32 i64))
