;; Tries to lose a record between reading and judging.
(data (i32.const 0x508) "\00\00\00\00")
