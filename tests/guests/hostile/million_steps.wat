;; Tries to keep the host decoding: a place of a million steps.
(memory $memory (export "memory") 200)
(data (i32.const 0x93c) "\00\00\02\00\40\42\0f\00")
