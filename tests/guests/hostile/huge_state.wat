;; Tries to fill the host's disk with its state.
(memory $memory (export "memory") 900)
(data (i32.const 0x524) "\00\00\01\00\00\00\20\03")
