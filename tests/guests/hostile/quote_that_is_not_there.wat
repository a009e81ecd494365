;; Tries to quote what the record does not say.
(data (i32.const 0x944) "\00\0a\00\00\04\00\00\00")
