;; Tries to hide the reasons of a score.
(data (i32.const 0x8dc) "\00\00\00\00")
