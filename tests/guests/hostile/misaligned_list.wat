;; Tries to make the host read numbers at an odd address.
(data (i32.const 0x4ac) "\81\07\00\00")
