;; Tries to prove a finding by text that does not satisfy the predicate.
(data (i32.const 0x914) "\00\0a\00\00\04\00\00\00")
