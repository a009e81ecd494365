;; Tries to make two of one record.
(func $honest_reading (param $count i32)
  (i32.store (i32.const 0x48c) (i32.const 2))
  (i32.store (i32.const 0x4a0) (i32.sub (local.get $count) (i32.const 2))))
