;; Tries to prove a finding by text that does not satisfy the predicate.
(data (i32.const 0x930) "\01\00\00\00\02\00\00\00")
