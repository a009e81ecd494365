;; Tries to lose a record by not mentioning it.
(func $honest_classes (param $count i32)
  (i32.store (i32.const 0x488) (i32.const 1))
  (i32.store (i32.const 0x490) (i32.sub (local.get $count) (i32.const 1)))
  (i32.store (i32.const 0x498) (local.get $count)))
