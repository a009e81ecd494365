;; Tries to make the host allocate four gigabytes for a list.
(func $honest_reading (param i32) (i32.store (i32.const 0x4b0) (i32.const 0x3fffffff)))
