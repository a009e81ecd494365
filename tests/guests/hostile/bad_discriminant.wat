;; Tries to answer with a case that does not exist.
(data (i32.const 0x480) "\07")
