;; Tries to raise a finding about a record that was not noted.
(data (i32.const 0x808) "\05\00\00\00")
(data (i32.const 0x830) "\05\00\00\00")
