;; Tries to be more than certain.
(data (i32.const 0x87c) "\41\42\0f\00")
