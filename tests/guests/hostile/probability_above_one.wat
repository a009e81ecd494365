;; Tries to be more than certain.
(data (i32.const 0x8e4) "\41\42\0f\00")
