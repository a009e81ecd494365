;; Tries to compare by an operator that does not exist.
(data (i32.const 0x910) "\63")
