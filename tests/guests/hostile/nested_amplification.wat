;; Tries to make a small answer large: ten thousand products, each the same megabyte.
(memory $memory (export "memory") 26)
(func $honest_classes (param $count i32)
  (local $at i32)
  (i32.store (i32.const 0x490) (local.get $count))
  (i32.store (i32.const 0x498) (local.get $count))
  ;; The classes, each with a product.
  (i32.store (i32.const 0x484) (i32.const 0x20000))
  (i32.store (i32.const 0x488) (i32.const 10000))
  (local.set $at (i32.const 0x20000))
  (loop $again
    (i32.store offset=4 (local.get $at) (i32.const 1))
    (i32.store offset=8 (local.get $at) (i32.const 0x90000))
    (i32.store offset=12 (local.get $at) (i32.const 0x100000))
    (local.set $at (i32.add (local.get $at) (i32.const 44)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 0x8b6c0)))))
