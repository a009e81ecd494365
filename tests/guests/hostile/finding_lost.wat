;; Tries to lose a record between reading and judging.
(func $honest_outcome (param i32 i32 i32 i32))
