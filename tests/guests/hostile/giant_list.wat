;; Tries to make the host allocate four gigabytes for a list.
(data (i32.const 0x488) "\00\07\00\00")
(func $honest_reading (param i32) (i32.store (i32.const 0x48c) (i32.const 0x3fffffff)))
