;; Tries to lose a record by calling one more quiet than there are.
(func $honest_reading (param $count i32)
  (i32.store (i32.const 0x4a0) (i32.add (local.get $count) (i32.const 1))))
