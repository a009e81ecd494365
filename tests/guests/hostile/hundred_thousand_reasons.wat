;; Tries to bury the reader under a hundred thousand contributions.
(memory $memory (export "memory") 200)
(data (i32.const 0x8d8) "\00\00\10\00\a0\86\01\00")
