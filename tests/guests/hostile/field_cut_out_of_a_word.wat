;; Tries to quote a piece of a word as the value of a field.
(data (i32.const 0x8b0) "\00\0b\00\00\01\00\00\00")
;; Field 0, in the record's third and fourth byte as they stand.
(data (i32.const 0xb00) "\00\00\00\00")
(data (i32.const 0xb18) "\02\00\00\00\04\00\00\00")
