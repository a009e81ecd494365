;; Tries to introduce itself with a name of a megabyte.
(memory $memory (export "memory") 20)
(data (i32.const 0x400) "\00\00\02\00\00\00\10\00")
