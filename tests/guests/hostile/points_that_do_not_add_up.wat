;; Tries to score higher than its reasons allow.
(data (i32.const 0x8e0) "\f5\01\00\00")
