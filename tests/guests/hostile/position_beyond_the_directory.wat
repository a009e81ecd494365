;; Tries to name a rule that the pack does not have.
(data (i32.const 0x980) "\ff\ff\ff\ff")
(data (i32.const 0x904) "\ff\ff\ff\ff")
