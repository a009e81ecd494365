;; Tries to lose a record by calling one more quiet than there are.
(data (i32.const 0x50c) "\01\00\00\00")
