;; Tries to quote a value as that of a field which the record does not have.
(data (i32.const 0x8b0) "\00\0b\00\00\01\00\00\00")
;; Field 0, in the record's first byte as it stands.
(data (i32.const 0xb00) "\00\00\00\00")
(data (i32.const 0xb18) "\00\00\00\00\01\00\00\00")
