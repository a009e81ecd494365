;; Tries to raise a finding about a record that was not noted.
(data (i32.const 0x800) "\05\00\00\00")
