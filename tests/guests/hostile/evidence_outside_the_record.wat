;; Tries to prove a finding by bytes that the record does not have.
(data (i32.const 0x934) "\00\00\10\00")
