;; Tries to note a record that was not in the batch.
(data (i32.const 0x780) "\ff\ff\ff\ff")
