;; Tries to make the host look up a class that the reading does not have.
(data (i32.const 0x48c) "\fc\3f\00\00")
(data (i32.const 0x3ffc) "\05\00\00\00")
